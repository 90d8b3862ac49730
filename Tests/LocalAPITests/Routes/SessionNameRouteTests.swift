import AWS
import Configuration
import FederationBroker
import Glibc
import HTTPTypes
import LocalHTTP
import Synchronization
import TestSupport
import Testing

@testable import LocalAPI

struct SessionNameRouteTests {
  private static let cacheStatus = HTTPField.Name("Cache-Status")!
  private static let role = "arn:aws:iam::1:role/agent"

  private static func entry(_ alias: String, sessionName: String? = nil, patterns: [String]) -> InstanceDirectory.Entry
  {
    InstanceDirectory.Entry(
      alias: alias, isWarm: false,
      key: TokenKey(
        instanceID: "i", region: "us-east-1", identity: Identity(roleARN: role, sessionName: sessionName)),
      instanceID: "i", sessionNames: patterns.compactMap { SessionNamePattern($0) })
  }

  private let service = ServiceUnderTest.answering(entries: [
    entry("many", patterns: ["*@example.com", "{peer}.desk"]), entry("one", sessionName: "ana", patterns: []),
    entry("both", sessionName: "ana", patterns: ["ben", "cy*"]),
  ]) { key in ServiceUnderTest.federationToken(accessToken: "of \(key.identity.sessionName ?? "nobody")") }

  private func token(_ target: String, from client: Client = ServiceUnderTest.tcp) async throws -> (Int, String) {
    let response = try await service.ask(.get, "/v1/instances/\(target)&field=Credentials.AccessToken", from: client)
    return (response.status.code, response.code ?? response.text)
  }

  @Test(arguments: [
    ("many/token?session_name=ben@example.com", 200, "of ben@example.com"),
    ("many/token?session_name=ben%40example.com", 200, "of ben@example.com"),
    ("many/token?session_name=ben", 403, "SessionNameNotAllowed"),
    ("many/token?session_name=b%20@example.com", 403, "SessionNameNotAllowed"),
    ("many/token?session_name=", 403, "SessionNameNotAllowed"),
    ("many/token?min_ttl=0", 400, "SessionNameRequired"),
    ("many/token?session_name=root.desk", 403, "SessionNameNotAllowed"),
    ("one/token?min_ttl=0", 200, "of ana"), ("one/token?session_name=ana", 403, "SessionNameNotAllowed"),
    ("both/token?min_ttl=0", 200, "of ana"), ("both/token?session_name=cyril", 200, "of cyril"),
    ("i/token?min_ttl=0", 400, "AmbiguousInstance"), ("other/token?session_name=ana", 404, "InstanceNotServed"),
    ("many/token?session_name=a@example.com&session_name=b@example.com", 400, "BadRequest"),
  ])
  func `The configuration decides whose token may be asked for`(target: String, status: Int, text: String) async throws
  {
    let answer = try await token(target)
    #expect(answer == (status, text))
  }

  @Test func `A socket's peer is given its own user name only`() async throws {
    let peer = Client(transport: .unix(uid: geteuid(), gids: []))
    let allowing = ServiceUnderTest.answering(
      entries: [Self.entry("many", patterns: ["{peer}.desk"])], peers: PeerPolicy(uids: [geteuid()])
    ) { key in ServiceUnderTest.federationToken(accessToken: "of \(key.identity.sessionName ?? "nobody")") }
    let own = try #require(try UserDatabase.name(of: geteuid()))
    let path = "/v1/instances/many/token?field=Credentials.AccessToken&session_name="
    // The first time the name is looked up, the second time it is known.
    for _ in 0..<2 {
      #expect(try await allowing.ask(.get, "\(path)\(own).desk", from: peer).text == "of \(own).desk")
      #expect(try await allowing.ask(.get, "\(path)someone.desk", from: peer).code == "SessionNameNotAllowed")
    }
    #expect(try await allowing.ask(.get, "\(path)\(own).desk").code == "SessionNameNotAllowed")
  }

  @Test func `Whose name no pattern wants is not looked up`() async throws {
    let allowing = ServiceUnderTest.answering(
      entries: [Self.entry("many", patterns: ["*.desk"])], peers: PeerPolicy(uids: [geteuid()]))
    let peer = Client(transport: .unix(uid: geteuid(), gids: []))
    let target = "/v1/instances/many/token?session_name=ana.desk"
    _ = try await allowing.ask(.get, target, from: peer)
    let hit = allowing.service.answer(try Request(method: .get, target: target), from: peer)
    guard case .now = hit else {
      Issue.record("a hit waited")
      return
    }
  }

  @Test func `Refresh and forget are about the one whose name is given`() async throws {
    func ask(_ method: HTTPRequest.Method, _ resource: String, _ name: String) async throws -> Response {
      try await service.ask(method, "/v1/instances/many/\(resource)?session_name=\(name)@example.com")
    }
    for name in ["ana", "ben"] { #expect(try await ask(.get, "token", name).status == .ok) }
    #expect(try await ask(.delete, "token", "ana").status == .noContent)
    #expect(try await ask(.get, "token", "ben").fields[Self.cacheStatus]?.contains("hit") == true)
    #expect(try await ask(.get, "token", "ana").fields[Self.cacheStatus]?.contains("fwd=miss") == true)
    #expect(try await ask(.post, "refresh", "ben").status == .ok)
    #expect(try await service.ask(.delete, "/v1/instances/many/token").code == "SessionNameRequired")
    #expect(try await service.ask(.post, "/v1/instances/many/refresh?session_name=x").code == "SessionNameNotAllowed")
  }
}
