import HTTPTypes
import LocalHTTP
import Secrets
import Testing

@testable import LocalAPI

struct AccessGuardTests {
  private static let token = "0123456789abcdef0123456789abcdef0123456789a"
  private static let tcp = Client(transport: .tcp)

  private func admit(
    _ fields: KeyValuePairs<String, String>, from client: Client = tcp, policy: AccessGuard.Policy = .init()
  ) throws -> AccessGuard.Admission {
    var all: HTTPFields = [:]
    for (name, value) in fields where name != "Host" {
      all.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value))
    }
    let authority = fields.first { $0.key == "Host" }?.value ?? "localhost"
    let request = try Request(method: .get, target: "/v1/instances/demo/token", authority: authority, fields: all)
    return try AccessGuard(policy: policy).admit(
      request, from: client, tokens: BearerTokens([BearerToken("fedbroker", Secret(Self.token))]), now: 0)
  }

  @Test(
    "A TCP client is who shows the token, and nobody otherwise",
    arguments: [
      ("Bearer \(token)", true), ("bearer \(token)", true), ("BEARER   \(token)", true),
      ("", false), ("Bearer", false), ("Bearer ", false), ("Bearer\(token)", false), ("Basic \(token)", false),
      ("Bearer \(token)x", false), ("Bearer \(token.dropLast())", false), ("Bearer \(token.uppercased())", false),
      ("Bearer x, Bearer \(token)", false), ("\(token)", false),
    ])
  func bearer(value: String, isAuthenticated: Bool) throws {
    #expect(try admit(["Authorization": value]).isAuthenticated == isAuthenticated)
  }

  @Test(
    "A second field of what may come once is refused before anyone is admitted",
    arguments: [
      "Authorization", "Origin", "Content-Type", "Sec-Fetch-Site", "X-Amz-Date",
    ])
  func twoFields(name: String) throws {
    #expect(throws: Refusal.malformed("more than one \(name)")) {
      try admit([name: "Bearer \(Self.token)", name: "Bearer \(Self.token)"])
    }
  }

  @Test("No field is no token")
  func noToken() throws {
    #expect(try !admit([:]).isAuthenticated)
  }

  @Test(
    "Host is this machine or a listed name, whatever the port",
    arguments: [
      ("localhost", true), ("LOCALHOST:80", true), ("localhost.:2776", true), ("127.0.0.1", true),
      ("127.0.0.1:1", true),
      ("127.255.0.9:2776", true), ("[::1]", true), ("[::1]:2776", true), ("broker.corp.example:443", true),
      ("[FD00::1]:443", true),
      ("Broker.Corp.Example", true),
      ("attacker.example", false), ("127.0.0.1.attacker.example", false), ("localhost.attacker.example", false),
      ("128.0.0.1", false), ("0.0.0.0", false), ("[::]", false), ("[::2]", false), ("127.0.0.1.2", false),
      ("127.0.0.256", false), ("127.1", false), ("127.0.0.", false), ("169.254.169.254", false), ("2130706433", false),
    ])
  func hosts(host: String, isAllowed: Bool) throws {
    var policy = AccessGuard.Policy()
    policy.allowedHosts = ["broker.corp.example", "fd00::1"]
    if isAllowed {
      #expect(throws: Never.self) { try admit(["Host": host], policy: policy) }
    } else {
      try expectForbidden(["Host": host], policy: policy)
    }
  }

  @Test("The host of an absolute target counts, not Host")
  func absoluteTarget() throws {
    let request = try Request(method: .get, target: "http://attacker.example/healthz")
    let problem = #expect(throws: Problem.self) {
      try AccessGuard(policy: .init()).admit(
        request, from: Self.tcp, tokens: BearerTokens([BearerToken("fedbroker", Secret(Self.token))]), now: 0)
    }
    #expect(problem?.code == "Forbidden")
  }

  @Test("What a proxy forwards is refused, even with the token", arguments: ["", "for=10.0.0.1", "1.1 proxy"])
  func forwarded(value: String) throws {
    for name in [
      "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "Via", "x-forwarded-for", "X-Real-IP", "X-Forwarded-Proto",
      "X-Forwarded-Port", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "X-Original-URL",
    ] {
      try expectForbidden([name: value, "Authorization": "Bearer \(Self.token)"])
      let unix = Client(transport: .unix(uid: 1000, gids: []))
      var policy = AccessGuard.Policy()
      policy.peers.uids = [1000]
      try expectForbidden([name: value], from: unix, policy: policy)
    }
  }

  @Test(
    "Pages of other origins are refused, even with the token",
    arguments: [
      ("http://attacker.example", nil), ("https://localhost", nil), ("null", nil), ("", nil),
      ("http://localhost:9999", nil), ("http://localhost", "cross-site"), (nil, "cross-site"), (nil, "same-site"),
      (nil, ""), ("http://localhost.attacker.example", nil),
    ] as [(String?, String?)])
  func foreignPages(origin: String?, site: String?) throws {
    var fields: HTTPFields = [.authorization: "Bearer \(Self.token)"]
    if let origin { fields[.origin] = origin }
    if let site, let name = HTTPField.Name("Sec-Fetch-Site") { fields[name] = site }
    let request = try Request(method: .get, target: "/", fields: fields)
    let problem = #expect(throws: Problem.self) {
      try AccessGuard(policy: .init()).admit(
        request, from: Self.tcp, tokens: BearerTokens([BearerToken("fedbroker", Secret(Self.token))]), now: 0)
    }
    #expect(problem?.code == "Forbidden")
  }

  @Test(
    "Pages of the own origin and what people type are admitted",
    arguments: [
      ("http://localhost:2776", nil), ("HTTP://LOCALHOST:2776", nil), ("http://localhost:2776", "same-origin"),
      (nil, "same-origin"), (nil, "none"),
    ] as [(String?, String?)])
  func ownPages(origin: String?, site: String?) throws {
    var fields: HTTPFields = [:]
    if let origin { fields[.origin] = origin }
    if let site, let name = HTTPField.Name("Sec-Fetch-Site") { fields[name] = site }
    let request = try Request(method: .get, target: "/", authority: "localhost:2776", fields: fields)
    let caller = try AccessGuard(policy: .init()).admit(
      request, from: Self.tcp, tokens: BearerTokens([BearerToken("fedbroker", Secret(Self.token))]), now: 0)
    #expect(caller.origin == nil)
  }

  @Test("A page of an allowed origin is admitted as cross-site, and still needs the token")
  func allowedOrigin() throws {
    var policy = AccessGuard.Policy()
    policy.allowedOrigins = ["https://crm.example"]
    let caller = try admit(["Origin": "https://crm.example", "Sec-Fetch-Site": "cross-site"], policy: policy)
    #expect(caller == AccessGuard.Admission(isAuthenticated: false, origin: "https://crm.example"))
    try expectForbidden(["Origin": "https://crm.example.attacker.example"], policy: policy)
  }

  @Test(
    "On a unix socket the peer decides, whatever it shows",
    arguments: [
      (1000, [1000], true), (1001, [1001], false), (0, [0], false), (1002, [5, 2000], true), (1002, [5], false),
      (65_534, [2000], false),
    ] as [(UInt32, [UInt32], Bool)])
  func peers(uid: UInt32, gids: [UInt32], isAllowed: Bool) throws {
    var policy = AccessGuard.Policy()
    policy.peers = PeerPolicy(uids: [1000], gids: [2000])
    let client = Client(transport: .unix(uid: uid, gids: gids))
    for fields in [[:], ["Authorization": "Bearer \(Self.token)", "Host": "any.example"]]
      as [KeyValuePairs<String, String>]
    {
      if isAllowed {
        #expect(try admit(fields, from: client, policy: policy).isAuthenticated)
      } else {
        try expectForbidden(fields, from: client, policy: policy)
      }
    }
  }

  @Test("The overflow user is refused even where a configuration lists it")
  func overflowUser() throws {
    var policy = AccessGuard.Policy()
    policy.peers.uids = [65_534]
    try expectForbidden([:], from: Client(transport: .unix(uid: 65_534, gids: [])), policy: policy)
  }

  private func expectForbidden(
    _ fields: KeyValuePairs<String, String>, from client: Client = tcp, policy: AccessGuard.Policy = .init()
  ) throws {
    let problem = #expect(throws: Problem.self) { try admit(fields, from: client, policy: policy) }
    #expect(problem?.status == .forbidden)
    #expect(problem?.code == "Forbidden")
  }
}
