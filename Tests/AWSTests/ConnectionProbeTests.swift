import Outbound
import Secrets
import Testing

@testable import AWS

/// What the end of one request says of the way to AWS.
struct ConnectionProbeTests {
  private static let now: Int64 = 1_795_478_400_000

  private func findings(
    _ result: Result<TransportResponse, TransportError>, proxy: String? = nil, scheme: String = "https",
    issuer: String? = nil, verifies: Bool = true
  ) throws -> [Finding] {
    let endpoint = try Endpoint(url: "\(scheme)://connect.example", region: Region("us-east-1"))
    return ConnectionProbe(
      endpoint: endpoint, proxy: proxy, caBundle: "/ca.pem", verifiesCertificates: verifies, result: result,
      refusedIssuer: issuer, time: Self.now
    ).findings
  }

  private func answer(_ fields: [(name: String, value: String)]) -> Result<TransportResponse, TransportError> {
    var response = TransportResponse(status: 403, fields: fields, body: Secret(""))
    response.certificateIssuer = " CN = Amazon "
    return .success(response)
  }

  private static let table: [(reason: TransportError.Reason, proxy: String?, steps: [Finding.Step])] = [
    (.resolve, nil, [.name]), (.resolve, "proxy:1", [.proxy]), (.connect, nil, [.name, .connection]),
    (.connect, "proxy:1", [.proxy]), (.connectTimedOut, nil, [.name, .connection]),
    (.tls, nil, [.name, .connection, .certificate]), (.tls, "proxy:1", [.proxy, .certificate]),
    (.readTimedOut, nil, [.name, .connection, .connection]), (.interrupted, "proxy:1", [.proxy, .connection]),
    (.tooLarge, nil, [.name, .connection, .connection]), (.invalidRequest, nil, [.endpoint]),
    (.cancelled, nil, [.connection]),
  ]

  @Test("Each failure is of one step, the last, and says how to mend it", arguments: table)
  func failures(reason: TransportError.Reason, proxy: String?, steps: [Finding.Step]) throws {
    let findings = try findings(.failure(TransportError(reason, "the reason")), proxy: proxy, issuer: "CN = Corp")
    #expect(findings.map(\.step) == steps)
    #expect(findings.dropLast().allSatisfy { $0.outcome == .good })
    #expect(findings.last?.outcome == .wrong && findings.last?.mend?.isEmpty == false)
    if reason == .tls { #expect(findings.last?.result == "the reason; the certificate was issued by CN = Corp") }
  }

  @Test("An answer of AWS settles name, connection, certificate and clock")
  func success() throws {
    let fields = [(name: "x-amzn-RequestId", value: "1"), (name: "Date", value: "Tue, 24 Nov 2026 00:00:00 GMT")]
    let findings = try findings(answer(fields))
    #expect(findings.map(\.step) == [.name, .connection, .certificate, .endpoint, .clock])
    #expect(findings.allSatisfy { $0.outcome == .good })
    #expect(findings[2].result == "issued by CN = Amazon")
    #expect(try self.findings(answer(fields), scheme: "http").map(\.step) == [.name, .connection, .endpoint, .clock])
    #expect(try self.findings(answer(fields), verifies: false)[2].outcome == .warning)
    #expect(try self.findings(answer([]))[3].outcome == .warning, "no field of AWS's")
  }

  private static let dates: [(date: String, outcome: Finding.Outcome, result: String)] = [
    ("Tue, 24 Nov 2026 00:03:00 GMT", .good, "180 s apart"),
    ("Tue, 24 Nov 2026 00:10:00 GMT", .warning, "600 s behind"),
    ("Mon, 23 Nov 2026 23:40:00 GMT", .warning, "1200 s ahead"), ("no time", .good, "no time"),
  ]

  @Test("The clock is off where the difference is more than a signature may have", arguments: dates)
  func clock(date: String, outcome: Finding.Outcome, result: String) throws {
    let finding = try #require(try findings(answer([(name: "Date", value: date)])).last)
    #expect(finding.step == .clock && finding.outcome == outcome)
    #expect(finding.result.hasSuffix(result), "\(finding.result)")
  }
}
