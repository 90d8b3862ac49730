import FoundationEssentials
import Glibc
import JSON
import Outbound
import Secrets
import TestSupport
import Testing

/// The metrics as a real Prometheus gets them, and the files that are there for it.
@Suite(.timeLimit(.minutes(10)))
struct PrometheusTests {
  private static let files = "\(Deployment.sourceRoot)/config/prometheus"

  @Test(
    "A real Prometheus scrapes the admin listener, and knows its metrics by their names",
    .enabled(if: Promtool.isExpected))
  func scrape() async throws {
    let deployment = try await Deployment(
      serve: ["--instance-id", "demo", "--admin-listen", "127.0.0.1:0", "--log-level", "debug"])
    let admin = try Deployment.value("admin_listen", in: try await deployment.daemon.line(containing: " ready "))
    _ = try await deployment.ask("GET", "/v1/instances/demo/token")
    let directory = ScratchDirectory()
    let file = directory.write(
      "prometheus.yml",
      """
      global: {scrape_interval: 200ms, scrape_timeout: 200ms}
      scrape_configs: [{job_name: fedbroker, static_configs: [{targets: ["\(admin)"]}]}]
      """)
    let prometheus = try LoggedProcess(
      "/usr/bin/prometheus",
      ["--config.file=\(file)", "--storage.tsdb.path=\(directory.path)/data", "--web.listen-address=127.0.0.1:0"])
    let address = try Deployment.value("address", in: try await prometheus.line(containing: "\"Listening on\""))
    // Before it asks for the third time it has kept what it got the first.
    try await deployment.daemon.line(containing: "route=metrics", count: 3)
    let queries = [
      ("up", "1"), (#"fedbroker_requests_total{route="token",status="200"}"#, "1"),
      (#"fedbroker_cache_requests_total"#, nil), ("fedbroker_request_duration_seconds_bucket", nil),
      (#"fedbroker_token_expiry_timestamp_seconds{alias="demo"} - time() > 0"#, nil),
      ("process_start_time_seconds", nil),
      (#"fedbroker_upstream_requests_total{operation="GetFederationToken",outcome="success"}"#, "1"),
    ]
    for (query, value) in queries {
      let encoded = query.utf8.map { "%" + String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined()
      let answer = try await CurlTransport().send(
        TransportRequest(method: "GET", url: "http://\(address)/api/v1/query?query=\(encoded)", bypassesProxy: true))
      let result = try JSONValue(parsing: answer.body.exposed)["data"]?["result"]?.array
      #expect(result?.isEmpty == false, "\(query)")
      if let value { #expect(result?.first?["value"]?.array?.last?.string == value, "\(query)") }
    }
    prometheus.signal(SIGTERM)
    await prometheus.exitStatus()
    await deployment.stop()
  }

  @Test("The alert rules and the scrape configuration are right by promtool", .enabled(if: Promtool.isExpected))
  func rules() async throws {
    for arguments in [["check", "rules", "alerts.yml"], ["check", "config", "prometheus.yml"]] {
      let result = try await LoggedProcess.run(
        "/bin/sh", ["-c", "cd '\(Self.files)' && exec /usr/bin/promtool \(arguments.joined(separator: " "))"])
      #expect(result.status == 0, "\(result.output)\(result.error)")
    }
  }

  @Test("Alerts and dashboard ask for metrics that there are", arguments: ["alerts.yml", "grafana-dashboard.json"])
  func names(file: String) async throws {
    let text = try String(contentsOfFile: "\(Self.files)/\(file)", encoding: .utf8)
    let asked = Set(text.matches(of: /(?:fedbroker|process)_[a-z_]+/).map { String($0.output) })
    // Metrics of a fleet are there where one is configured, whether its store is there or not.
    let deployment = try await Deployment(
      configuration: "[fleet]\nstore = \"unix:/nonexistent/store.sock\"\naccount = \"123456789012\"\n")
    let page = try await deployment.ask("GET", "/metrics").body.exposed
    let known = page.matches(of: /# TYPE ([a-z_]+)/).map { String($0.output.1) }
    #expect(asked.count >= 4)
    for name in asked {
      #expect(known.contains(name) || known.contains { "\($0)_bucket" == name }, "\(name)")
    }
    await deployment.stop()
  }

  @Test("The dashboard is JSON with a query in each panel")
  func dashboard() throws {
    let text = try String(contentsOfFile: "\(Self.files)/grafana-dashboard.json", encoding: .utf8)
    let panels = try #require(try JSONValue(parsing: text)["panels"]?.array)
    #expect(panels.count == 11)
    for panel in panels { #expect(panel["targets"]?.array?.first?["expr"]?.string?.isEmpty == false) }
  }
}
