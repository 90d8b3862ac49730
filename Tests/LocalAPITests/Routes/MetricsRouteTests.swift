import AWS
import FederationBroker
import HTTPTypes
import LocalHTTP
import TestSupport
import Testing

@testable import LocalAPI

struct MetricsRouteTests {
  private func metrics(_ service: ServiceUnderTest) async throws -> [String: String] {
    let response = try await service.ask(.get, "/metrics", hasToken: false, of: service.admin)
    #expect(response.status == .ok)
    return Dictionary(
      uniqueKeysWithValues: response.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
        let space = line.lastIndex(of: " ") ?? line.endIndex
        return (String(line[..<space]), String(line[space...].dropFirst()))
      })
  }

  @Test("The main listeners want the token, the admin one does not; both are in Prometheus' format, compressed")
  func access() async throws {
    let service = ServiceUnderTest.answering()
    #expect(try await service.ask(.get, "/metrics", hasToken: false).status == .unauthorized)
    for response in [
      try await service.ask(.get, "/metrics"),
      try await service.ask(.get, "/metrics", hasToken: false, of: service.admin),
    ] {
      #expect(response.status == .ok)
      #expect(response.content?.mediaType == "text/plain; version=0.0.4; charset=utf-8")
      #expect(response.content?.compressed != nil)
    }
  }

  @Test("Series with known labels exist at 0 from the start")
  func zeros() async throws {
    let metrics = try await metrics(.answering())
    for series in [
      #"fedbroker_requests_total{route="token",status="200"}"#, #"fedbroker_requests_total{route="none",status="401"}"#,
      #"fedbroker_requests_total{route="federate",status="502"}"#, "fedbroker_request_duration_seconds_count",
      #"fedbroker_cache_requests_total{result="hit"}"#, #"fedbroker_cache_requests_total{result="miss"}"#,
      #"fedbroker_upstream_requests_total{operation="GetFederationToken",outcome="throttled"}"#,
      #"fedbroker_upstream_requests_total{operation="AssumeRole",outcome="success"}"#,
      "fedbroker_upstream_request_duration_seconds_count", #"fedbroker_refreshes_total{outcome="failure"}"#,
    ] { #expect(metrics[series] == "0", "\(series)") }
    #expect(metrics["fedbroker_connections"] == "3")
    #expect(metrics["fedbroker_connections_rejected_total"] == "1")
    #expect(metrics[#"fedbroker_requests_total{route="healthz",status="502"}"#] == nil)
  }

  @Test("Requests are counted by route and status, hits and misses apart, and refreshes without misses")
  func counts() async throws {
    let service = ServiceUnderTest.answering()
    for _ in 0..<3 { _ = try await service.ask(.get, "/v1/instances/demo/token") }
    _ = try await service.ask(.get, "/v1/instances/demo/token", hasToken: false)
    _ = try await service.ask(.get, "/nowhere/at/all")
    _ = try await service.ask(.post, "/v1/instances/demo/refresh")
    _ = try await service.ask(.delete, "/v1/instances/demo/token")
    _ = service.service.refuse(.timedOut, from: ServiceUnderTest.tcp)
    let metrics = try await metrics(service)
    let expected = [
      (#"fedbroker_requests_total{route="token",status="200"}"#, "3"),
      (#"fedbroker_requests_total{route="none",status="401"}"#, "1"),
      (#"fedbroker_requests_total{route="none",status="404"}"#, "1"),
      (#"fedbroker_requests_total{route="none",status="408"}"#, "1"),
      (#"fedbroker_requests_total{route="refresh",status="200"}"#, "1"),
      (#"fedbroker_requests_total{route="forget",status="204"}"#, "1"),
      (#"fedbroker_cache_requests_total{result="hit"}"#, "2"),
      (#"fedbroker_cache_requests_total{result="miss"}"#, "1"),
      (#"fedbroker_refreshes_total{outcome="success"}"#, "1"), ("fedbroker_request_duration_seconds_count", "7"),
    ]
    for (series, value) in expected { #expect(metrics[series] == value, "\(series)") }
  }

  @Test("When a token expires is told by alias: 0 for a warm instance without one, and nothing for another")
  func expiries() async throws {
    let source = StubTokenSource { (key, _) async throws(AWSError) in
      guard key.instanceID != "w" else { throw AWSError(.unreachable, "no") }
      return FetchedToken(token: ServiceUnderTest.federationToken(), upstreamDate: nil, requestID: nil)
    }
    let service = ServiceUnderTest(
      entries: [
        ServiceUnderTest.entry("warm", id: "w", warm: true), ServiceUnderTest.entry("asked", id: "a"),
        ServiceUnderTest.entry("again", id: "a"), ServiceUnderTest.entry("cold", id: "c"),
      ], source: source)
    _ = try await service.ask(.get, "/v1/instances/asked/token")
    let series = try await metrics(service).filter { $0.key.hasPrefix("fedbroker_token_expiry") }
    let name = "fedbroker_token_expiry_timestamp_seconds"
    #expect(
      series == [
        #"\#(name){alias="warm",connect_instance="w"}"#: "0.0",
        #"\#(name){alias="asked",connect_instance="a"}"#: "1795479300.0",
        #"\#(name){alias="again",connect_instance="a"}"#: "1795479300.0",
      ])
  }

  @Test("An instance that is not listed has no alias; two of its tokens are one series, of the one that ends first")
  func unlisted() async throws {
    let service = ServiceUnderTest.answering { key in
      ServiceUnderTest.federationToken(lifetime: key.region == "us-east-1" ? 900 : 600)
    }
    _ = try await service.ask(.get, "/v1/instances/demo/token")
    _ = try await service.broker.token(for: TokenKey(instanceID: "demo", region: "eu-west-2", identity: Identity()))
    let series = try await metrics(service).filter { $0.key.hasPrefix("fedbroker_token_expiry") }
    #expect(
      series == [
        #"fedbroker_token_expiry_timestamp_seconds{alias="",connect_instance="demo"}"#: "1795479000.0"
      ])
  }

  @Test("promtool finds nothing to complain about", .enabled(if: Promtool.isExpected))
  func promtool() async throws {
    let service = ServiceUnderTest.answering()
    _ = try await service.ask(.get, "/v1/instances/de%22mo%0A/token")
    let page = try await service.ask(.get, "/metrics").text
    #expect(try await Promtool.complaints(of: page) == "")
    // The check itself finds what is wrong.
    #expect(try await Promtool.complaints(of: page + "# TYPE x counter\nx{y=\"} 1\n") != "")
  }
}
