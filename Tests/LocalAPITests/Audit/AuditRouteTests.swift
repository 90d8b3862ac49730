import Configuration
import FederationBroker
import FoundationEssentials
import Glibc
import HTTPTypes
import JSON
import LocalHTTP
import Secrets
import TestSupport
import Testing

@testable import LocalAPI

/// The audit log, written by the whole service.
struct AuditRouteTests {
  private let directory = ScratchDirectory()
  private var path: String { "\(directory.path)/audit.jsonl" }
  private let service: ServiceUnderTest

  init() {
    service = Self.service("\(directory.path)/audit.jsonl", required: false)
  }

  private static func service(_ path: String, required: Bool) -> ServiceUnderTest {
    ServiceUnderTest.answering(
      entries: [ServiceUnderTest.entry("sales", id: "i-sales")], peers: PeerPolicy(uids: [7, 8]), tokens: ["desk"],
      audit: Configuration.Audit(destination: .file(path), required: required))
  }

  private static func peer(_ uid: UInt32) -> Client {
    Client(transport: .unix(uid: uid, gids: []), pid: getpid())
  }

  private func ask(
    _ method: HTTPRequest.Method, _ target: String, uid: UInt32 = 7, of service: ServiceUnderTest? = nil
  ) async throws -> Response {
    try await (service ?? self.service).ask(method, target, hasToken: false, from: Self.peer(uid))
  }

  private func lines() async throws -> [JSONValue] {
    await service.service.finishRecords()
    return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
      try JSONValue(parsing: String($0))
    }
  }

  @Test("Each caller's first receipt of each token is a line, and no other hit is")
  func receipts() async throws {
    for _ in 0..<3 {
      for target in [
        "/v1/instances/sales/token", "/v1/instances/i-sales/token?field=SignInUrl", "/user/federate/sales",
      ] {
        for uid in [7, 8] as [UInt32] { #expect(try await ask(.get, target, uid: uid).status == .ok) }
      }
    }
    let desk = Client(transport: .tcp, tcpUID: 9)
    let token = ServiceUnderTest.token(named: "desk").exposed
    for _ in 0..<2 {
      #expect(
        try await service.ask(
          .get, "/v1/instances/sales/token", fields: [.authorization: "Bearer \(token)"], from: desk
        ).status == .ok)
    }
    let lines = try await lines()
    #expect(lines.map { $0["event"]?.string } == ["token", "token", "token"])
    #expect(lines.map { $0["uid"] } == [.number("7"), .number("8"), .number("9")])
    let first = try #require(lines.first)
    #expect(first["time"]?.string == "2026-11-24T00:00:00.000Z" && first["request_id"]?.string?.count == 36)
    #expect(first["pid"] == .number("\(getpid())") && first["program"]?.string?.isEmpty == false)
    #expect(first["transport"]?.string == "unix" && first["bearer"] == .null && first["instance"]?.string == "sales")
    // printf access-token | sha256sum
    #expect(first["token"]?.string == "3f16bed7089f")
    #expect(first["user_arn"]?.string == "arn:aws:connect:us-east-1:1:instance/i/agent/a")
    #expect(first["expires_at"]?.string == "2026-11-24T00:15:00Z" && first["outcome"]?.string == "success")
    #expect(lines[2]["transport"]?.string == "tcp" && lines[2]["bearer"]?.string == "desk" && lines[2]["pid"] == .null)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    for secret in ["access-token", "refresh-token", "demo.example", token, ServiceUnderTest.token.exposed] {
      #expect(!text.contains(secret))
    }
  }

  @Test("Refresh, forgetting and sign-in are lines, each time")
  func changes() async throws {
    service.service.pages.listen(at: [.tcp(host: "127.0.0.1", port: 2776)])
    _ = try await ask(.post, "/v1/instances/sales/refresh")
    _ = try await ask(.delete, "/v1/instances/sales/token")
    let signIn = try await ask(.post, "/v1/instances/sales/sign-in")
    let address = try #require(signIn.json?["url"]?.string).replacing("http://localhost", with: "").replacing(
      "http://127.0.0.1:2776", with: "")
    let browser = Client(transport: .tcp, tcpUID: 7)
    #expect(try await service.ask(.get, address, hasToken: false, from: browser).status == .ok)
    let lines = try await lines()
    #expect(lines.map { $0["event"]?.string } == ["refresh", "token", "forget", "sign-in", "sign-in"])
    #expect(lines.map { $0["outcome"]?.string } == ["success", "success", "success", "code", "success"])
    #expect(lines[4]["transport"]?.string == "tcp" && lines[4]["token"]?.string == lines[0]["token"]?.string)
  }

  @Test("Refusals are lines with their reason; repeats are counted")
  func refusals() async throws {
    for _ in 0..<100 { #expect(try await ask(.get, "/v1/instances/sales/token", uid: 66).status == .forbidden) }
    #expect(
      try await service.ask(
        .get, "/v1/instances/sales/token", hasToken: false, from: Client(transport: .tcp, tcpUID: 67)
      ).status == .unauthorized)
    let lines = try await lines()
    #expect(lines.map { $0["event"]?.string } == ["refusal", "refusal", "refusal"])
    #expect(lines.map { $0["reason"]?.string } == ["peer", "token", "peer"])
    #expect(lines.map { $0["count"] } == [.number("1"), .number("1"), .number("99")])
    #expect(lines.map { $0["uid"] } == [.number("66"), .number("67"), .number("66")])
    #expect(lines[1]["outcome"]?.string == "Unauthorized")
  }

  @Test("Text of callers stays inside its JSON string, and is cut")
  func hostileText() async throws {
    let name = "a%22%2C%22event%22%3A%22forged%0A%E2%80%AE" + String(repeating: "x", count: 3000)
    #expect(try await ask(.get, "/v1/instances/\(name)/token", uid: 66).status == .forbidden)
    let lines = try await lines()
    #expect(lines.count == 1 && lines[0]["event"]?.string == "refusal")
    #expect(lines[0]["instance"]?.string?.hasPrefix("a\",\"event\":\"forged\n") == true)
    #expect(try #require(lines[0]["instance"]?.string).unicodeScalars.count == 128)
  }

  @Test("A log that is moved away is made anew, with mode 0640")
  func rotated() async throws {
    _ = try await ask(.get, "/v1/instances/sales/token")
    await service.service.finishRecords()
    #expect(rename(path, path + ".1") == 0)
    _ = try await ask(.delete, "/v1/instances/sales/token")
    #expect(try await lines().map { $0["event"]?.string } == ["forget"])
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o640)
  }

  @Test("Where the log is required and cannot be written, nobody is answered; afterwards everyone is")
  func required() async throws {
    let folder = "\(directory.path)/missing"
    let service = Self.service("\(folder)/audit.jsonl", required: true)
    for (method, target) in [
      (HTTPRequest.Method.get, "/v1/instances/sales/token"), (.get, "/v1/instances/sales/token"),
      (.post, "/v1/instances/sales/refresh"), (.delete, "/v1/instances/sales/token"),
      (.post, "/v1/instances/sales/sign-in"),
      (.get, "/user/federate/sales"),
    ] {
      let response = try await ask(method, target, of: service)
      #expect(response.status == .serviceUnavailable, "\(method) \(target)")
      #expect(response.fields[.retryAfter] != nil)
      if !target.hasPrefix("/user") { #expect(response.code == "AuditUnavailable") }
    }
    // State is no receipt.
    #expect(try await ask(.get, "/v1/instances", of: service).status == .ok)
    let metrics = try await service.ask(.get, "/metrics", of: service.admin).text
    #expect(metrics.contains("fedbroker_denied_total{reason=\"audit\"} 6"))
    #expect(!metrics.contains("fedbroker_audit_lost_total 0") && metrics.contains("fedbroker_audit_lines_total 0"))
    #expect(mkdir(folder, 0o700) == 0)
    #expect(try await ask(.get, "/v1/instances/sales/token", of: service).status == .ok)
    let line = try String(contentsOfFile: "\(folder)/audit.jsonl", encoding: .utf8)
    #expect(line.contains(#""event":"token""#) || line.contains(#""event": "token""#))
  }

  @Test("Where it is not required, callers are answered and the loss is counted")
  func lost() async throws {
    let service = Self.service("/dev/full/audit", required: false)
    #expect(try await ask(.get, "/v1/instances/sales/token", of: service).status == .ok)
    await service.service.finishRecords()
    #expect(try await service.ask(.get, "/metrics", of: service.admin).text.contains("fedbroker_audit_lost_total 1"))
  }
}
