import AWS
import Configuration
import FederationBroker
import HTTPTypes
import LocalHTTP
import Secrets
import Synchronization
import TestSupport
import Testing

@testable import LocalAPI

/// `/sign-in/INSTANCE`, as a browser asks for it.
struct LastingSignInTests {
  private static let uid: UInt32 = 1000
  private static let browser = Client(transport: .tcp, tcpUID: uid)

  private static func fields(
    site: String = "none", mode: String = "navigate", destination: String = "document",
    _ more: KeyValuePairs<String, String> = [:]
  ) -> HTTPFields {
    var fields: HTTPFields = [.accept: "text/html,*/*;q=0.8"]
    let metadata: KeyValuePairs = ["Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": destination]
    for (name, value) in Array(metadata) + Array(more) { fields[HTTPField.Name(name)!] = value }
    return fields
  }

  private static let ownPost = fields(site: "same-origin", ["Origin": "http://localhost"])

  private static func entry(loginOrigins: Set<String> = []) -> InstanceDirectory.Entry {
    InstanceDirectory.Entry(
      alias: "sales", isWarm: false, key: TokenKey(instanceID: "s", region: "us-east-1", identity: Identity()),
      instanceID: "s", loginOrigins: loginOrigins)
  }

  /// Answers with the agent that stands in `agent` at that time.
  private static func service(
    loginOrigins: Set<String> = [], rules: [AccessRules.Rule]? = nil, peers: PeerPolicy = PeerPolicy(uids: [uid]),
    agent: Agent = Agent()
  ) -> ServiceUnderTest {
    .answering(entries: [entry(loginOrigins: loginOrigins)], peers: peers, rules: rules) { _ in
      let name = agent.name.withLock { $0 }
      let token = ServiceUnderTest.federationToken(accessToken: "access-token of \(name)")
      return FederationToken(
        accessToken: token.accessToken, accessTokenExpiration: token.accessTokenExpiration,
        refreshToken: token.refreshToken, refreshTokenExpiration: token.refreshTokenExpiration,
        signInURL: token.signInURL, userARN: "arn:aws:connect:us-east-1:1:instance/i/agent/\(name)", userID: name)
    }
  }

  private final class Agent: Sendable {
    let name = Mutex("ana")
  }

  private static func visit(
    _ service: ServiceUnderTest, _ target: String = "/sign-in/sales", fields: HTTPFields = fields(),
    from client: Client = browser
  ) async throws -> Response {
    try await service.ask(.get, target, fields: fields, hasToken: false, from: client)
  }

  private static func post(
    _ service: ServiceUnderTest, _ body: String, target: String = "/sign-in/sales", fields: HTTPFields = ownPost,
    from client: Client = browser
  ) async throws -> Response {
    let request = try Request(method: .post, target: target, fields: fields, body: Array(body.utf8))
    return try await ServiceUnderTest.response(of: service.service.answer(request, from: client))
  }

  private static func code(in page: Response) throws -> String {
    String(try #require(page.text.firstMatch(of: /name="code" value="([^"]+)"/)).1)
  }

  private static func shiftKey(in page: Response) throws -> String {
    String(try #require(page.text.firstMatch(of: /data-key="([^"]+)"/)).1)
  }

  private static func signsIn(_ response: Response) -> Bool {
    response.status == .ok && response.text.contains("access-token")
  }

  private static func isButton(_ response: Response) -> Bool {
    response.status == .ok && !response.text.contains("access-token") && response.text.contains("name=\"code\"")
  }

  @Test("The address shows the instance and one button, holds no code, and has nothing fetched")
  func button() async throws {
    let service = Self.service()
    for site in ["none", "cross-site", "same-site", "same-origin"] {
      let page = try await Self.visit(service, fields: Self.fields(site: site))
      #expect(Self.isButton(page))
      #expect(page.text.contains("<dd>sales</dd>"))
    }
    #expect(service.broker.snapshot().isEmpty)
    let page = try await Self.visit(service)
    #expect(page.fields[HTTPField.Name("Cross-Origin-Opener-Policy")!] == nil)
    #expect(page.fields[HTTPField.Name("Referrer-Policy")!] == "same-origin")
    let policy = try #require(page.fields[.contentSecurityPolicy])
    #expect(policy.contains("form-action 'self'") && policy.contains("frame-ancestors 'none'"))
  }

  @Test("A click signs in, once, where the address says")
  func click() async throws {
    let service = Self.service()
    let target = "/sign-in/sales?destination=/ccp-v2/"
    let code = try Self.code(in: try await Self.visit(service, target))
    let page = try await Self.post(service, "code=\(code)", target: target)
    #expect(Self.signsIn(page))
    #expect(page.text.contains(#"name="destination" value="/ccp-v2/""#))
    #expect(page.fields[HTTPField.Name("Cross-Origin-Opener-Policy")!] == nil)
    #expect(Self.isButton(try await Self.post(service, "code=\(code)", target: target)), "the code is spent")
    // Who was signed in last is known now.
    #expect(try await Self.visit(service).text.contains("<dd>ana</dd>"))
  }

  @Test("After ten minutes a click gets another button, and says why")
  func late() async throws {
    let service = Self.service()
    let code = try Self.code(in: try await Self.visit(service))
    service.clock.advance(by: .seconds(600))
    let page = try await Self.post(service, "code=\(code)")
    #expect(Self.isButton(page))
    #expect(page.text.contains("open for too long"))
    #expect(Self.signsIn(try await Self.post(service, "code=\(Self.code(in: page))")))
  }

  @Test("A key that the browser keeps spares the click for 12 hours, and only after a click with that wish")
  func remembered() async throws {
    let service = Self.service()
    let page = try await Self.visit(service)
    let (code, key) = (try Self.code(in: page), try Self.shiftKey(in: page))
    #expect(Self.isButton(try await Self.post(service, "key=\(key)")), "nobody has clicked")
    #expect(Self.signsIn(try await Self.post(service, "code=\(code)&remember=on")))
    for hours in [0, 5, 6] {
      service.clock.advance(by: .seconds(hours * 3600))
      #expect(Self.signsIn(try await Self.post(service, "key=\(key)")))
    }
    service.clock.advance(by: .seconds(3600))
    let afterwards = try await Self.post(service, "key=\(key)")
    #expect(Self.isButton(afterwards))
    #expect(afterwards.text.contains("data-forget"))
    let unwanted = try await Self.visit(service)
    _ = try await Self.post(service, "code=\(Self.code(in: unwanted))")
    #expect(Self.isButton(try await Self.post(service, "key=\(Self.shiftKey(in: unwanted))")))
  }

  @Test("A kept key is for one instance, one user of the machine and one person")
  func boundKey() async throws {
    let agent = Agent()
    let service = Self.service(peers: PeerPolicy(uids: [Self.uid, 1001]), agent: agent)
    let page = try await Self.visit(service)
    let key = try Self.shiftKey(in: page)
    _ = try await Self.post(service, "code=\(Self.code(in: page))&remember=on")
    let other = Client(transport: .tcp, tcpUID: 1001)
    #expect(Self.isButton(try await Self.post(service, "key=\(key)", from: other)))
    #expect(Self.isButton(try await Self.post(service, "key=\(key)", target: "/sign-in/s")))
    #expect(Self.signsIn(try await Self.post(service, "key=\(key)")))
    // The next person signs in to AWS under the same profile.
    agent.name.withLock { $0 = "ben" }
    service.broker.erase { _ in true }
    let next = try await Self.post(service, "key=\(key)")
    #expect(Self.isButton(next))
    #expect(!next.text.contains("access-token of ana"))
    agent.name.withLock { $0 = "ana" }
    service.broker.erase { _ in true }
    #expect(Self.isButton(try await Self.post(service, "key=\(key)")), "what was refused once is forgotten")
  }

  @Test("A code is for the user whose browser got it")
  func boundCode() async throws {
    let service = Self.service(peers: PeerPolicy(uids: [Self.uid, 1001]))
    let code = try Self.code(in: try await Self.visit(service))
    let other = Client(transport: .tcp, tcpUID: 1001)
    #expect(Self.isButton(try await Self.post(service, "code=\(code)", from: other)))
    #expect(Self.signsIn(try await Self.post(service, "code=\(code)")), "it was not spent by that")
  }

  @Test(
    "A page of a listed origin that says so needs no click",
    arguments: [
      ("https://desk.example.com/", true), ("https://desk.example.com/crm?a=b", true),
      ("HTTPS://DESK.example.com", true), ("https://desk.example.com.attacker.example/", false),
      ("https://desk.example.com:444/", false), ("http://desk.example.com/", false), ("desk.example.com", false),
      ("https://attacker.example/https://desk.example.com/", false),
      ("https://desk.example.com@attacker.example/", false),
      ("", false), (nil, false),
    ] as [(String?, Bool)])
  func loginOrigins(referer: String?, signsIn: Bool) async throws {
    let service = Self.service(loginOrigins: ["https://desk.example.com"])
    let fields = Self.fields(site: "cross-site", referer.map { ["Referer": $0] } ?? [:])
    let page = try await Self.visit(service, "/sign-in/sales?destination=/agent", fields: fields)
    #expect(Self.signsIn(page) == signsIn)
    #expect(Self.isButton(page) == !signsIn)
  }

  @Test(
    "Nothing but a visit gets the page, not even from a listed origin",
    arguments: [
      fields(site: "cross-site", destination: "iframe"), fields(site: "same-origin", destination: "iframe"),
      fields(site: "cross-site", mode: "no-cors", destination: "image"),
      fields(site: "cross-site", mode: "cors", destination: "empty"),
      fields(site: "same-origin", mode: "cors", destination: "empty"), fields(site: "none", destination: "embed"),
      fields(site: "cross-site", ["Sec-Purpose": "prefetch;prerender"]), [:],
    ] as [HTTPFields])
  func noVisit(fields: HTTPFields) async throws {
    let service = Self.service(loginOrigins: ["https://desk.example.com"])
    var fields = fields
    fields[HTTPField.Name("Referer")!] = "https://desk.example.com/"
    let page = try await Self.visit(service, fields: fields)
    #expect(page.status == .forbidden)
    #expect(!page.text.contains("name=\"code\"") && !page.text.contains("access-token"))
    let code = try Self.code(in: try await Self.visit(service))
    fields[.origin] = "http://localhost"
    #expect(try await Self.post(service, "code=\(code)", fields: fields).status == .forbidden)
  }

  @Test(
    "A form of another page signs nobody in, whatever it knows",
    arguments: [
      fields(site: "cross-site", ["Origin": "https://attacker.example"]),
      fields(site: "cross-site", ["Origin": "null"]),
      fields(site: "same-origin", ["Origin": "http://localhost:1"]), fields(site: "same-origin"), fields(site: "none"),
      fields(site: "none", ["Origin": "http://localhost"]), fields(site: "cross-site"), [:],
    ] as [HTTPFields])
  func foreignForm(fields: HTTPFields) async throws {
    let service = Self.service()
    let code = try Self.code(in: try await Self.visit(service))
    #expect(try await Self.post(service, "code=\(code)&remember=on", fields: fields).status == .forbidden)
    #expect(Self.signsIn(try await Self.post(service, "code=\(code)")), "the code was not spent")
  }

  @Test("A program without a browser's fields gets nothing, even with the token")
  func program() async throws {
    let service = Self.service()
    let response = try await service.ask(.get, "/sign-in/sales", from: Self.browser)
    #expect(response.status == .forbidden)
  }

  @Test(
    "Another user of the machine, one that the kernel does not know, and a unix socket get nothing",
    arguments: [
      Client(transport: .tcp, tcpUID: 1001),
      Client(transport: .tcp), Client(transport: .tcp, tcpUID: 65_534),
      Client(transport: .unix(uid: 1000, gids: [])),
    ])
  func strangers(client: Client) async throws {
    let service = Self.service(loginOrigins: ["https://desk.example.com"])
    let page = try await Self.visit(
      service, fields: Self.fields(site: "cross-site", ["Referer": "https://desk.example.com/"]), from: client)
    #expect(page.status == .forbidden)
    #expect(!page.text.contains("name=\"code\"") && !page.text.contains("access-token"))
    let code = try Self.code(in: try await Self.visit(service))
    #expect(try await Self.post(service, "code=\(code)", from: client).status == .forbidden)
  }

  @Test("A rule that names a user admits its browser, to what it gives")
  func rules() async throws {
    func rule(_ uids: Set<UInt32>?, may: Set<AccessRight>, _ instances: Set<String>? = nil) -> AccessRules.Rule {
      var rule = AccessRules.Rule(may: may)
      rule.uids = uids
      rule.instances = instances
      return rule
    }
    let client = Client(transport: .tcp, tcpUID: 1001)
    for (rules, status) in [
      ([rule([1001], may: [.signIn])], 200), ([rule([1001], may: [.token])], 403),
      ([rule([1001], may: [.signIn], ["support"])], 403), ([rule(nil, may: [.signIn])], 403),
      ([rule([1002], may: [.signIn])], 403),
    ] {
      let page = try await Self.visit(Self.service(rules: rules), from: client)
      #expect(page.status.code == status, "\(rules)")
    }
  }

  @Test("The name of the machine's user counts in session_names, as on the unix socket")
  func peerName() async throws {
    let key = TokenKey(instanceID: "i", region: "us-east-1", identity: Identity(roleARN: "arn:aws:iam::1:role/agent"))
    let service = ServiceUnderTest.answering(
      entries: [
        InstanceDirectory.Entry(
          alias: "many", isWarm: false, key: key, instanceID: "i",
          sessionNames: ["{peer}@example.com"].compactMap { SessionNamePattern($0) })
      ], peers: PeerPolicy(uids: [0]))
    let root = Client(transport: .tcp, tcpUID: 0)
    let path = "/sign-in/many"
    let page = try await Self.visit(service, "\(path)?session_name=root@example.com", from: root)
    #expect(page.text.contains("<dd>root@example.com</dd>"))
    let other = try await Self.visit(service, "\(path)?session_name=ana@example.com", from: root)
    #expect(other.text.contains("SessionNameNotAllowed"))
    #expect(try await Self.visit(service, path, from: root).text.contains("SessionNameRequired"))
  }

  @Test("What is wrong with the address is a page that says so")
  func wrongAddress() async throws {
    let service = Self.service()
    for (target, status) in [
      ("/sign-in/other", 404), ("/sign-in/sales?destination=//evil.example", 400), ("/sign-in/sales?x=y", 400),
    ] {
      let page = try await Self.visit(service, target)
      #expect(page.status.code == status, "\(target)")
      #expect(page.content?.mediaType == "text/html; charset=utf-8")
    }
  }
}
