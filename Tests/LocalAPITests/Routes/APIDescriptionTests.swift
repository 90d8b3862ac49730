import Configuration
import HTTPTypes
import JSON
import LocalHTTP
import Secrets
import TestSupport
import Testing

@testable import LocalAPI

struct APIDescriptionTests {
  private static func description() throws -> JSONValue {
    try JSONValue(parsing: APIDescription.response.text)
  }

  /// Method and path of each operation that is described.
  private static func operations() throws -> Set<String> {
    guard case .object(let paths) = try description()["paths"] else { return [] }
    var operations: Set<String> = []
    for path in paths.members {
      guard case .object(let item) = path.value else { continue }
      for member in item.members where member.name != "parameters" {
        operations.insert("\(member.name.uppercased()) \(path.name)")
      }
    }
    return operations
  }

  /// A request for each operation, with all that it takes.
  private static let requests: [(method: HTTPRequest.Method, target: String, body: String)] = [
    (.get, "/v1/instances/demo/token?min_ttl=1&field=UserId&session_name=ana", ""),
    (.delete, "/v1/instances/demo/token", ""),
    (.post, "/v1/instances/demo/refresh?field=UserId", ""), (.get, "/v1/instances", ""),
    (.get, "/user/federate/demo", ""), (.get, "/healthz", ""), (.get, "/readyz", ""), (.get, "/metrics", ""),
    (.get, "/openapi.json", ""),
    (.post, "/v1/instances/demo/sign-in?destination=/&session_name=ana", ""),
    (.get, "/v1/instances/demo/sign-in?code=x", ""),
    (.post, "/v1/instances/demo/aws-sign-in?session_name=ana", ""), (.get, "/oauth/callback?code=x&state=y&iss=z", ""),
    (.get, "/sign-in/demo?destination=/&session_name=ana", ""),
    (.post, "/sign-in/demo?destination=/&session_name=ana", "code=x"),
    (.post, "/v1/status-page", ""), (.post, "/v1/status-page/key", #"{"code":"x"}"#), (.get, "/?code=x", ""),
  ]

  @Test("Each route is described, and nothing else is")
  func routes() throws {
    let routed = try Self.requests.map { request in
      let request = try Request(method: request.method, target: request.target, body: Array(request.body.utf8))
      let entry = try #require(RouteTable.main.match(request).resource?.entry(for: request.method))
      #expect(throws: Never.self) { try request.query(of: entry) }
      return "\(entry.route.method.rawValue) \(entry.route.pattern)"
    }
    #expect(Set(routed) == (try Self.operations()))
  }

  @Test("Each code that the daemon's sources hold is described")
  func codes() throws {
    let sources = ChildProcess.run([
      "grep", "--recursive", "--no-filename", "--only-matching", "--extended-regexp", "--include=*.swift",
      #"(\.[a-zA-Z]+|refusal\.status), "[A-Z][A-Za-z]+""#, "\(Oracle.packageRoot)/Sources/LocalAPI",
    ]).output
    let codes = Set(sources.split(separator: "\n").compactMap { $0.split(separator: "\"").last.map(String.init) })
    #expect(codes.isSuperset(of: ["BadRequest", "Busy", "NoBrowserAddress", "UpstreamTimeout", "NotReady"]))
    let described = try Self.description()["components"]?["schemas"]?["Problem"]?["properties"]?["code"]?["examples"]
    let known = Set((described?.array ?? []).compactMap(\.string))
    // Those of AWS's own operation are told in AWS's words.
    let wire: Set = ["IdentityMismatch", "MissingAuthenticationTokenException", "UnknownOperationException"]
    #expect(codes.subtracting(known).subtracting(wire).isEmpty)
  }

  @Test("Whoever shows the token gets it")
  func route() async throws {
    let response = try await ServiceUnderTest.answering().ask(.get, "/openapi.json")
    #expect(response.status == .ok)
    #expect(response.content?.mediaType == "application/json")
    #expect(response.json?["openapi"]?.string == "3.1.1")
    #expect(response.json?["info"]?["version"]?.string == Version.text)
  }
}
