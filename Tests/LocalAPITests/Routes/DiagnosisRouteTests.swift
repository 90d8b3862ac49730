import AWS
import Configuration
import FederationBroker
import HTTPTypes
import JSON
import LocalHTTP
import RefreshingCache
import Secrets
import TestSupport
import Testing

@testable import LocalAPI

struct DiagnosisRouteTests {
  private static let caller = Finding.good(.caller, tried: "t", "arn:aws-cn:sts::123456789012:assumed-role/agents/ana")
  private static let broken = Finding.wrong(.proxy, tried: "t", "r", mend: "m")

  private func service(
    _ findings: [Finding], rules: [AccessRules.Rule]? = nil, failing error: AWSError? = nil
  ) -> ServiceUnderTest {
    ServiceUnderTest(
      peers: PeerPolicy(uids: [7]), rules: rules, findings: findings,
      source: StubTokenSource { (_, _) async throws(AWSError) in
        if let error { throw error }
        return FetchedToken(token: ServiceUnderTest.federationToken(), upstreamDate: nil, requestID: nil)
      })
  }

  private func findings(_ service: ServiceUnderTest) async throws -> [Finding] {
    let response = try await service.ask(.post, "/v1/instances/demo/diagnosis")
    #expect(response.status == .ok)
    let body = try #require(response.content)
    let json = try JSONValue(parsing: body.bytes.exposed)
    return (json["findings"]?.array ?? []).compactMap(Finding.init(json:))
  }

  @Test("What is wrong before the call for the token spares the call")
  func first() async throws {
    #expect(try await findings(service([Self.broken], failing: AWSError(.unreachable, "not asked"))) == [Self.broken])
  }

  @Test("Each finding survives its JSON form")
  func json() {
    for finding in [Self.caller, Self.broken, .warning(.clock, tried: "a\n", "\"", mend: "é")] {
      #expect(Finding(json: finding.json) == finding)
    }
    #expect(Finding(json: ["step": "moon", "outcome": "good", "tried": "", "result": "", "mend": .null]) == nil)
  }

  @Test("A token is not shown, only whose it is and how long it is good")
  func token() async throws {
    let findings = try await findings(service([Self.caller]))
    #expect(findings.map(\.step) == [.caller, .token])
    #expect(findings.last?.result == "a token of arn:aws:connect:us-east-1:1:instance/i/agent/a, good for 900 s")
  }

  private static let refusals: [(status: Int, code: String, step: Finding.Step, mend: String)] = [
    (403, "AccessDeniedException", .policy, "the role agents:\n"),
    (404, "UserNotFoundException", .user, "session name"),
    (404, "ResourceNotFoundException", .instance, "us-east-1"), (429, "ThrottlingException", .quota, "upstream.rate"),
    (400, "InvalidRequestException", .token, "SAML 2.0"), (403, "ExpiredTokenException", .credentials, "sign in again"),
    (418, "Teapot", .token, "troubleshooting"),
  ]

  @Test("What AWS says leads to the step that is wrong", arguments: refusals)
  func refused(status: Int, code: String, step: Finding.Step, mend: String) {
    let key = TokenKey(instanceID: "demo", region: "us-east-1", identity: Identity())
    let problem = Problem(.source(AWSError(.service(status: status, code: code), "no")))
    let finding = FederationFinding(key: key, caller: Self.caller.result).finding(problem)
    #expect(finding.step == step && finding.outcome == .wrong)
    #expect(finding.result == "\(code): no")
    #expect(finding.mend?.contains(mend) == true, "\(finding.mend ?? "")")
    guard step == .policy else { return }
    #expect(
      finding.mend?.contains(#""arn:aws-cn:connect:us-east-1:123456789012:instance/demo/user/${aws:userid}""#) == true)
  }

  @Test("A caller has a few at once; then it waits, so that AWS is not asked without end")
  func tooOften() async throws {
    let service = service([Self.broken])
    for _ in 0..<2 { #expect(try await service.ask(.post, "/v1/instances/demo/diagnosis").status == .ok) }
    var statuses: [Int] = []
    for _ in 0..<8 {
      statuses.append(try await service.ask(.post, "/v1/instances/demo/diagnosis").status.code)
    }
    #expect(statuses.last == 429)
  }

  @Test("It needs the right to refresh, and the log needs all rights")
  func rights() async throws {
    let service = service([], rules: [.rule(uids: [7], may: [.state])])
    let client = Client(transport: .unix(uid: 7, gids: []))
    func ask(_ method: HTTPRequest.Method, _ target: String, _ client: Client) async throws -> Int {
      try await service.ask(method, target, hasToken: false, from: client).status.code
    }
    #expect(try await ask(.post, "/v1/instances/demo/diagnosis", client) == 403)
    #expect(try await ask(.get, "/v1/log", client) == 403)
    #expect(try await self.service([]).ask(.get, "/v1/log").status == .ok)
    #expect(try await self.service([]).ask(.get, "/v1/log", hasToken: false).status == .unauthorized)
  }
}
