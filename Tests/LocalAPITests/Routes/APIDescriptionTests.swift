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
    (.get, "/v1/instances/demo/token/UserId?min_ttl=1&session_name=ana", ""), (.get, "/v1/configuration", ""),
    (.delete, "/v1/instances/demo/token", ""),
    (.post, "/v1/instances/demo/refresh?field=UserId", ""), (.get, "/v1/instances", ""),
    (.post, "/v1/instances/demo/diagnosis?session_name=ana", ""), (.get, "/v1/log", ""),
    (.get, "/user/federate/demo", ""), (.get, "/healthz", ""), (.get, "/readyz", ""), (.get, "/metrics", ""),
    (.get, "/openapi.json", ""),
    (.post, "/v1/instances/demo/sign-in?destination=/&session_name=ana", ""),
    (.get, "/v1/instances/demo/sign-in?code=x", ""),
    (.post, "/v1/instances/demo/aws-sign-in?session_name=ana", ""), (.get, "/oauth/callback?code=x&state=y&iss=z", ""),
    (.get, "/sign-in/demo?destination=/&session_name=ana", ""),
    (.post, "/sign-in/demo?destination=/&session_name=ana", "code=x"),
    (.get, "/v1/lock", ""), (.post, "/v1/lock", ""), (.delete, "/v1/lock", ""),
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
    #expect(codes.subtracting(known).subtracting(wire).sorted() == [], "have no row in ErrorCode.all")
  }

  @Test("docs/troubleshooting.md has the tables of ErrorCode.all", arguments: ErrorCode.Group.allCases)
  func page(group: ErrorCode.Group) throws {
    let page = ChildProcess.run(["cat", "\(Oracle.packageRoot)/docs/troubleshooting.md"]).output
      .split(separator: "\n", omittingEmptySubsequences: false)
    let section = page.drop { $0 != "### \(group.rawValue)" }.dropFirst().prefix { !$0.hasPrefix("#") }
    let found = section.filter { $0.hasPrefix("|") }
    let expected =
      ["| code | status | means | do |", "| --- | --- | --- | --- |"]
      + ErrorCode.all.filter { $0.group == group }.map { code in
        let names = code.names.map { "`\($0)`" }.joined(separator: ", ")
        return "| \(names) | \(code.status) | \(code.meaning) | \(code.remedy) |"
      }
    #expect(found.map(String.init) == expected, "the table should be:\n\(expected.joined(separator: "\n"))")
  }

  @Test("A path answers what ?field= answers", arguments: TokenField.allCases)
  func fieldPath(field: TokenField) async throws {
    let service = ServiceUnderTest.answering()
    let byQuery = try await service.ask(.get, "/v1/instances/demo/token?field=\(field.rawValue)")
    let byPath = try await service.ask(.get, "/v1/instances/demo/token/\(field.rawValue)?min_ttl=0")
    #expect(byPath.status == .ok)
    #expect(byPath.text == byQuery.text && !byPath.text.isEmpty)
    #expect(byPath.content?.mediaType == "text/plain; charset=utf-8")
  }

  @Test("No answer that is described has two types for a client to tell apart")
  func types() throws {
    for response in ["Token", "TokenField", "WireToken", "Configuration"] {
      let content = try Self.description()["components"]?["responses"]?[response]?["content"]
      guard case .object(let types) = content else {
        Issue.record("\(response)")
        continue
      }
      #expect(types.members.count == 1, "\(response)")
    }
  }

  @Test("The configuration in force is told to those who hold the token", arguments: [true, false])
  func configuration(hasToken: Bool) async throws {
    let response = try await ServiceUnderTest.answering().ask(.get, "/v1/configuration", hasToken: hasToken)
    #expect(response.status == (hasToken ? .ok : .unauthorized))
    guard hasToken else { return }
    #expect(response.json?["version"]?.string == Version.text)
    let settings = response.json?["settings"]?.array ?? []
    #expect(settings.compactMap { $0["key"]?.string } == Configuration.keys.map(\.name))
    let entries = settings.first { $0["key"]?.string == "cache.max_entries" }
    #expect(entries?["value"] == .number("1000") && entries?["origin"]?.string == "default")
    #expect(settings.first { $0["key"]?.string == "profile" }?["value"] == .null)
  }

  @Test("Everybody gets it", arguments: [true, false])
  func route(hasToken: Bool) async throws {
    let response = try await ServiceUnderTest.answering().ask(.get, "/openapi.json", hasToken: hasToken)
    #expect(response.status == .ok)
    #expect(response.content?.mediaType == "application/json")
    #expect(response.json?["openapi"]?.string == "3.1.1")
    #expect(response.json?["info"]?["version"]?.string == Version.text)
  }
}
