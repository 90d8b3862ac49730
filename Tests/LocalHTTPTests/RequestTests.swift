import HTTPTypes
import System
import Testing

@testable import LocalHTTP

private let encoded = HTTPField.Name("X-Encoded")

@Suite struct RequestTests {
  @Test("an absolute target's authority wins over Host")
  func authority() throws {
    #expect(try Request(method: .get, target: "/", authority: "a:1").authority == "a:1")
    #expect(try Request(method: .get, target: "http://b:2/x", authority: "a:1").authority == "b:2")
    #expect(try Request(method: .get, target: "/", minorVersion: 0, authority: nil).authority == nil)
  }

  @Test("a request that the parser would refuse cannot be made")
  func invalid() {
    #expect(throws: Refusal.self) { try Request(method: .get, target: "/", authority: nil) }
    #expect(throws: Refusal.self) { try Request(method: .get, target: "/ HTTP/1.1\r\nX: y\r\n\r\nGET /") }
    #expect(throws: Refusal.bodyTooLarge) {
      try Request(method: .post, target: "/", body: [UInt8](repeating: 0, count: 65_537))
    }
  }

  @Test("fields are found whatever their letter case")
  func fields() throws {
    var fields = HTTPFields()
    fields.append(HTTPField(name: .accept, value: "one"))
    fields.append(HTTPField(name: .accept, value: "two"))
    let request = try Request(method: .post, target: "/p?q=1", fields: fields, body: [1, 2])
    #expect(request.contains("accept"))
    #expect(!request.contains("origin"))
    #expect(request.value("accept") == "one")
    #expect(request.values("accept") == ["one", "two"])
    #expect(request.withValue("accept") { $0.count } == 3)
    #expect(request.withValue("origin") { $0.count } == nil)
    #expect(request.body == [1, 2])
    #expect(request.path == "/p")
    #expect(request.query == "q=1")
    var names: [String] = []
    request.forEachField { name, _ in names.append(name.text) }
    #expect(names == ["Host", "Accept", "Accept", "Content-Length"])
  }

  @Test(
    "a path is split before it is decoded",
    arguments: [
      ("/", [""]), ("/a/b", ["a", "b"]), ("/a/", ["a", ""]), ("/a%2Fb/c%3a", ["a/b", "c:"]), ("//", ["", ""]),
      ("/%C3%A9", ["é"]), ("/a+b", ["a+b"]), ("/..", [".."]),
    ])
  func segments(_ path: String, _ segments: [String]) throws {
    #expect(try Request(method: .get, target: path).pathSegments() == segments)
  }

  @Test("a bad percent-encoding is an error", arguments: ["%", "%4", "%4g", "%zz", "%00", "%ff", "%c3", "%ed%a0%80"])
  func badEncoding(_ text: String) throws {
    #expect(throws: PercentEncoding.Malformed.self) { try PercentEncoding.decode(text) }
    #expect(throws: PercentEncoding.Malformed.self) { try Request(method: .get, target: "/a/\(text)").pathSegments() }
    #expect(throws: PercentEncoding.Malformed.self) { try Request(method: .get, target: "/?a=\(text)").queryItems() }
    #expect(throws: PercentEncoding.Malformed.self) { try Request(method: .get, target: "/?\(text)").queryItems() }
  }

  @Test(
    "a query is names and values in their order",
    arguments: [
      ("/", []), ("/?", []), ("/?a=1&b=2", ["a=1", "b=2"]), ("/?a", ["a="]), ("/?a=1&a=2", ["a=1", "a=2"]),
      ("/?a=b=c", ["a=b=c"]), ("/?a%3D=%26", ["a==&"]), ("/?a&", ["a=", "="]), ("/?x=a+b", ["x=a+b"]),
    ])
  func query(_ target: String, _ items: [String]) throws {
    #expect(try Request(method: .get, target: target).queryItems().map { "\($0.name)=\($0.value)" } == items)
  }
}
