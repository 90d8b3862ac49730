import AWS
import Configuration
import FederationBroker
import HTTPTypes
import JSON
import LocalHTTP
import Secrets
import TestSupport
import Testing

@testable import LocalAPI

/// What the rules give, asked through the whole service.
struct AccessRouteTests {
  private static let roleKey = TokenKey(
    instanceID: "i-role", region: "us-east-1",
    identity: Identity(roleARN: "arn:aws:iam::1:role/agent", sessionName: "ana"))

  private static func service(_ rules: [AccessRules.Rule], tokens: [String] = ["desk"]) -> ServiceUnderTest {
    ServiceUnderTest.answering(
      entries: [
        ServiceUnderTest.entry("sales", id: "i-sales"), ServiceUnderTest.entry("support", id: "i-support"),
        ServiceUnderTest.entry("a", id: "shared", profile: "a"),
        ServiceUnderTest.entry("b", id: "shared", profile: "b"),
        InstanceDirectory.Entry(
          alias: "role", isWarm: false, key: roleKey, instanceID: "i-role",
          sessionNames: [SessionNamePattern("*")!]),
      ],
      peers: PeerPolicy(uids: [7, 8, 0]), tokens: tokens, rules: rules)
  }

  private static func peer(_ uid: UInt32, gids: [UInt32] = []) -> Client {
    Client(transport: .unix(uid: uid, gids: gids))
  }

  private static func tcp(_ uid: UInt32?) -> Client {
    Client(transport: .tcp, tcpUID: uid)
  }

  private static func bearer(_ name: String) -> HTTPFields {
    [.authorization: "Bearer \(ServiceUnderTest.token(named: name).exposed)"]
  }

  @Test(
    "Each right opens its routes and no other",
    arguments: [
      (AccessRight.token, [200, 200, 403, 403, 403, 403, 403, 403]),
      (.refresh, [403, 403, 403, 204, 403, 403, 403, 403]),
      (.forget, [403, 403, 204, 403, 403, 403, 403, 403]), (.signIn, [403, 403, 403, 403, 201, 403, 403, 403]),
      (.state, [403, 403, 403, 403, 403, 200, 200, 201]),
    ])
  func rights(right: AccessRight, statuses: [Int]) async throws {
    let service = Self.service([.rule(uids: [7], may: [right])])
    let calls: [(HTTPRequest.Method, String)] = [
      (.get, "/v1/instances/sales/token"), (.head, "/user/federate/i-sales"), (.delete, "/v1/instances/sales/token"),
      (.post, "/v1/instances/sales/refresh"), (.post, "/v1/instances/sales/sign-in"), (.get, "/v1/instances"),
      (.get, "/metrics"), (.post, "/v1/status-page"),
    ]
    service.service.pages.listen(at: [.tcp(host: "127.0.0.1", port: 2776)])
    let client = Self.peer(7)
    for ((method, target), status) in zip(calls, statuses) {
      // Twice, since the second one is decided by what the connection remembers.
      for _ in 0..<2 {
        let response = try await service.ask(method, target, hasToken: false, from: client)
        #expect(response.status.code == status, "\(right) \(method) \(target)")
        if status == 403, method != .head, !target.hasPrefix("/user") { #expect(response.code == "Forbidden") }
      }
    }
    // Each admitted caller may read these.
    for target in ["/openapi.json", "/healthz"] {
      #expect(try await service.ask(.get, target, hasToken: false, from: client).status == .ok)
    }
  }

  @Test("Who is refused does not learn whether there is such an instance")
  func sameAnswer() async throws {
    let service = Self.service([.rule(uids: [7], instances: ["sales"])])
    var answers: [String] = []
    for name in ["support", "i-support", "no-such-instance", "..", "shared", String(repeating: "x", count: 200)] {
      for (method, suffix) in [
        (HTTPRequest.Method.get, "token"), (.post, "refresh"), (.post, "sign-in"), (.delete, "token"),
      ] {
        let response = try await service.ask(
          method, "/v1/instances/\(name)/\(suffix)", hasToken: false, from: Self.peer(7))
        #expect(response.status == .forbidden)
        var json = try #require(response.json)
        if case .object(var object) = json {
          object["request_id"] = nil
          json = .object(object)
        }
        answers.append(String(decoding: json.text, as: UTF8.self))
      }
    }
    #expect(Set(answers).count == 1, "\(Set(answers))")
  }

  @Test("AWS's protocol refuses in AWS's words", arguments: ["i-support", "no-such-instance"])
  func wire(name: String) async throws {
    let service = Self.service([.rule(uids: [7], instances: ["sales"])])
    #expect(try await service.ask(.get, "/user/federate/sales", hasToken: false, from: Self.peer(7)).status == .ok)
    let response = try await service.ask(.get, "/user/federate/\(name)", hasToken: false, from: Self.peer(7))
    #expect(response.status == .forbidden && response.fields[HTTPField.Name("x-amzn-ErrorType")!] == "Forbidden")
    #expect(response.json?["message"]?.string != nil && response.json?["code"] == nil)
  }

  @Test("What is not given is not listed, in the state, the metrics, the probe and the names of an id")
  func unlisted() async throws {
    let service = Self.service([.rule(uids: [7], instances: ["sales", "a"])])
    for alias in ["sales", "support", "a", "b"] {
      #expect(
        try await service.ask(.get, "/v1/instances/\(alias)/token", hasToken: false, from: Self.peer(0)).status == .ok)
    }
    let list = try await service.ask(.get, "/v1/instances", hasToken: false, from: Self.peer(7))
    #expect(list.json?["instances"]?.array?.compactMap { $0["alias"]?.string } == ["sales", "a"])
    let metrics = try await service.ask(.get, "/metrics", hasToken: false, from: Self.peer(7)).text
    #expect(metrics.contains(#"alias="sales""#) && !metrics.contains("support") && !metrics.contains(#"alias="b""#))
    // Of two aliases with one id, the one that is not given is as if it were not there: no AmbiguousInstance.
    #expect(
      try await service.ask(.get, "/v1/instances/shared/token", hasToken: false, from: Self.peer(7)).status == .ok)
    #expect(
      try await service.ask(.get, "/v1/instances/shared/token", hasToken: false, from: Self.peer(0)).code
        == "AmbiguousInstance")
    #expect(
      try await service.ask(.get, "/v1/instances", hasToken: false, from: Self.peer(0)).json?["instances"]?.array?.count
        == 5)
  }

  @Test("A bearer token has the rights of its rules; the first one has those of its name")
  func tokens() async throws {
    let service = Self.service([
      .rule(tokens: ["desk"], instances: ["sales"], may: [.token]), .rule(tokens: ["fedbroker"], may: [.state]),
    ])
    func status(_ target: String, _ fields: HTTPFields) async throws -> Int {
      try await service.ask(.get, target, fields: fields, from: Self.tcp(nil)).status.code
    }
    #expect(try await status("/v1/instances/sales/token", Self.bearer("desk")) == 200)
    #expect(try await status("/v1/instances/support/token", Self.bearer("desk")) == 403)
    #expect(try await status("/v1/instances", Self.bearer("desk")) == 403)
    #expect(try await status("/v1/instances/sales/token", [:]) == 403)
    #expect(try await status("/v1/instances", [:]) == 200)
    #expect(try await status("/v1/instances", Self.bearer("unknown")) == 401)
  }

  @Test("On TCP the kernel's word counts as on a socket; whom it does not know is nobody, with a token or without")
  func peersOfTCP() async throws {
    let service = Self.service([.rule(uids: [7], may: [.token])])
    func status(_ uid: UInt32?, hasToken: Bool = true) async throws -> Int {
      try await service.ask(.get, "/v1/instances/sales/token", hasToken: hasToken, from: Self.tcp(uid)).status.code
    }
    #expect(try await status(7) == 200)
    #expect(try await status(8) == 403)
    #expect(try await status(nil) == 403)
    for uid in [0, 1] as [UInt32] { #expect(try await status(uid) == 200) }
    // A rule admits nobody: on TCP that takes a token.
    #expect(try await status(7, hasToken: false) == 401)
    #expect(try await status(0, hasToken: false) == 401)
  }

  @Test("A connection on which another token is shown has that token's rights")
  func tokenChanges() async throws {
    let service = Self.service([.rule(tokens: ["desk"], may: [.token])])
    let client = Self.tcp(nil)
    for _ in 0..<2 {
      #expect(
        try await service.ask(.get, "/v1/instances/sales/token", fields: Self.bearer("desk"), from: client).status
          == .ok)
      #expect(try await service.ask(.get, "/v1/instances/sales/token", from: client).status == .forbidden)
    }
  }

  @Test("Other rules are in force for the next request of a connection that is open")
  func reload() async throws {
    let service = Self.service([.rule(uids: [7])])
    let client = Self.peer(7)
    #expect(try await service.ask(.get, "/v1/instances/sales/token", hasToken: false, from: client).status == .ok)
    service.service.replaceState { state in
      ServingState(
        accessGuard: state.accessGuard, tokens: state.tokens, rules: AccessRules([.rule(uids: [8])], owner: 1),
        directory: state.directory, effective: state.effective)
    }
    #expect(
      try await service.ask(.get, "/v1/instances/sales/token", hasToken: false, from: client).status == .forbidden)
  }

  @Test("Groups of a socket's peer are those that the kernel says")
  func groups() async throws {
    let service = Self.service([.rule(gids: [70])])
    for (gids, status) in [([1, 70], 200), ([1], 403)] as [([UInt32], Int)] {
      let response = try await service.ask(
        .get, "/v1/instances/sales/token", hasToken: false, from: Self.peer(7, gids: gids))
      #expect(response.status.code == status)
    }
  }

  @Test("Session names of a rule give those tokens only, at most what the instance allows")
  func sessionNames() async throws {
    let service = Self.service([.rule(uids: [7], sessionNames: ["ben*"])])
    func answer(_ target: String) async throws -> String {
      let response = try await service.ask(.get, "/v1/instances/\(target)", hasToken: false, from: Self.peer(7))
      return response.code ?? "\(response.status.code)"
    }
    #expect(try await answer("role/token?session_name=ben@x") == "200")
    #expect(try await answer("role/token?session_name=cy@x") == "SessionNameNotAllowed")
    // The key's own session name is ana, which the rule does not give; nor a token whose user is not known.
    #expect(try await answer("role/token") == "SessionNameNotAllowed")
    #expect(try await answer("sales/token") == "SessionNameNotAllowed")
    let list = try await service.ask(.get, "/v1/instances", hasToken: false, from: Self.peer(7)).text
    #expect(list.contains("ben@x") && !list.contains("cy@x"))
  }

  @Test("A connection's next request gets what it asks for, whatever the last one got")
  func nextRequest() async throws {
    let service = ServiceUnderTest.answering(
      entries: [
        ServiceUnderTest.entry("sales", id: "i-sales"), ServiceUnderTest.entry("a", id: "shared", profile: "a"),
        ServiceUnderTest.entry("b", id: "shared", profile: "b"),
        InstanceDirectory.Entry(
          alias: "role", isWarm: false, key: Self.roleKey, instanceID: "i-role",
          sessionNames: [SessionNamePattern("*")!]),
      ],
      peers: PeerPolicy(uids: [7, 0]), rules: [.rule(uids: [7])],
      {
        let name = "\($0.instanceID) \($0.identity.profile ?? "none") \($0.identity.sessionName ?? "none")"
        return ServiceUnderTest.federationToken(accessToken: name)
      })
    let client = Self.peer(7)
    func token(_ target: String) async throws -> String? {
      try await service.ask(.get, target, hasToken: false, from: client).json?["Credentials"]?["AccessToken"]?.string
    }
    let expected = [
      ("/v1/instances/role/token", "i-role none ana"), ("/v1/instances/role/token", "i-role none ana"),
      ("/v1/instances/role/token?session_name=ben", "i-role none ben"),
      ("/v1/instances/role/token?session_name=ben", "i-role none ben"),
      ("/v1/instances/role/token", "i-role none ana"), ("/v1/instances/sales/token", "i-sales none none"),
      ("/v1/instances/a/token", "shared a none"), ("/v1/instances/b/token", "shared b none"),
      ("/v1/instances/b/token", "shared b none"), ("/v1/instances/i-sales/token", "i-sales none none"),
    ]
    for _ in 0..<2 {
      for (target, name) in expected { #expect(try await token(target) == name, "\(target)") }
    }
    // Another key stands for the alias from now on.
    #expect(try await token("/v1/instances/sales/token") == "i-sales none none")
    service.service.replaceState { state in
      state.with(
        directory: InstanceDirectory(
          entries: [ServiceUnderTest.entry("sales", id: "i-other")], unlistedKey: { _ in nil },
          isSelected: { _, _ in true }, diagnose: { _ in [] }))
    }
    #expect(try await token("/v1/instances/sales/token") == "i-other none none")
  }

  @Test("Session names that a rule gives for one instance are not given for the connection's next one")
  func nextSessionName() async throws {
    let service = ServiceUnderTest.answering(
      entries: ["open", "closed"].map {
        InstanceDirectory.Entry(
          alias: $0, isWarm: false, key: Self.roleKey, instanceID: "i-\($0)", sessionNames: [SessionNamePattern("*")!])
      },
      peers: PeerPolicy(uids: [7]),
      rules: [.rule(uids: [7], instances: ["open"]), .rule(uids: [7], instances: ["closed"], sessionNames: ["ana"])])
    let client = Self.peer(7)
    func status(_ instance: String, _ name: String) async throws -> Int {
      let target = "/v1/instances/\(instance)/token?session_name=\(name)"
      return try await service.ask(.get, target, hasToken: false, from: client).status.code
    }
    for _ in 0..<2 {
      #expect(try await status("open", "ben") == 200)
      #expect(try await status("closed", "ben") == 403)
      #expect(try await status("closed", "ana") == 200)
      #expect(try await status("closed", "ben") == 403)
      #expect(try await status("i-open", "ben") == 200)
    }
  }

  @Test("A status page may do no more than who opened it")
  func page() async throws {
    let service = Self.service([.rule(uids: [7], instances: ["sales"], may: [.state])])
    service.service.pages.listen(at: [.tcp(host: "127.0.0.1", port: 2776)])
    let opened = try await service.ask(.post, "/v1/status-page", hasToken: false, from: Self.peer(7))
    let code = try #require(opened.json?["url"]?.string?.split(separator: "=").last)
    let exchange = try Request(
      method: .post, target: "/v1/status-page/key", fields: [.contentType: "application/json"],
      body: Array(#"{"code":"\#(code)"}"#.utf8))
    let key = try #require(
      try await ServiceUnderTest.response(of: service.service.answer(exchange, from: Self.tcp(9))).json?["key"]?.string)
    func ask(_ method: HTTPRequest.Method, _ target: String) async throws -> Response {
      try await service.ask(method, target, fields: [.authorization: "Bearer \(key)"], from: Self.tcp(0))
    }
    let list = try await ask(.get, "/v1/instances")
    #expect(list.json?["instances"]?.array?.compactMap { $0["alias"]?.string } == ["sales"])
    for target in ["/v1/instances/sales/refresh", "/v1/instances/sales/sign-in"] {
      #expect(try await ask(.post, target).status == .forbidden)
    }
  }

  @Test("A caller without the right to the token refreshes it and does not get it")
  func refreshOnly() async throws {
    let service = Self.service([.rule(uids: [7], may: [.refresh])])
    let response = try await service.ask(.post, "/v1/instances/sales/refresh", hasToken: false, from: Self.peer(7))
    #expect(response.status == .noContent && response.content == nil)
  }

  @Test("Refusals are counted by their reason, whose series are there from the start")
  func counted() async throws {
    let service = Self.service([])
    let before = try await service.ask(.get, "/metrics", from: Self.tcp(0), of: service.admin).text
    for denial in Denial.allCases {
      #expect(before.contains("fedbroker_denied_total{reason=\"\(denial.rawValue)\"} 0"), "\(denial)")
    }
    #expect(before.contains("fedbroker_audit_lines_total 0") && before.contains("fedbroker_audit_lost_total 0"))
    _ = try await service.ask(.get, "/v1/instances/sales/token", hasToken: false, from: Self.peer(7))
    _ = try await service.ask(.get, "/v1/instances/sales/token", hasToken: false, from: Self.peer(9))
    _ = try await service.ask(.get, "/v1/instances/sales/token", hasToken: false, from: Self.tcp(0))
    let after = try await service.ask(.get, "/metrics", from: Self.tcp(0), of: service.admin).text
    for denial in ["access", "peer", "token"] {
      #expect(after.contains("fedbroker_denied_total{reason=\"\(denial)\"} 1"), "\(denial)")
    }
  }
}
