import HTTPTypes
import System
import Testing

@testable import LocalHTTP

/// What a stranger could make long: each list has an end, and what is not looked at costs nothing.
@Suite struct ProcessorLimitTests {
  private func refusal(_ text: String) throws -> Refusal? {
    var parser = RequestParser(limits: Limits())
    var position = 0
    do {
      _ = try parser.parse(Array(text.utf8).span, &position)
      return nil
    } catch {
      return error
    }
  }

  private func list(_ count: Int, of element: String) -> String {
    [String](repeating: element, count: count).joined(separator: ",")
  }

  @Test(
    "a list has at most as many elements as a request has fields, empty ones and those of several fields counted",
    arguments: ["Connection", "Accept-Encoding"])
  func lists(_ name: String) throws {
    for element in ["a", "", "gzip;q=0.5"] {
      let fits = "GET / HTTP/1.1\r\nHost: h\r\n\(name): \(list(100, of: element))\r\n\r\n"
      #expect(try refusal(fits) == nil)
      let one = "GET / HTTP/1.1\r\nHost: h\r\n\(name): \(list(101, of: element))\r\n\r\n"
      #expect(try refusal(one) == .headerTooLarge)
      let two =
        "GET / HTTP/1.1\r\nHost: h\r\n\(name): \(list(60, of: element))\r\n\(name): \(list(60, of: element))\r\n\r\n"
      #expect(try refusal(two) == .headerTooLarge)
    }
  }

  @Test("a list of transfer codings has an end too")
  func codings() throws {
    #expect(
      try refusal("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \(list(101, of: "x"))\r\n\r\n") == .headerTooLarge)
  }

  @Test("the framing of a body in chunks is bounded, of whatever it consists")
  func chunks() throws {
    let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    let small = String(repeating: "1\r\na\r\n", count: 1600) + "0\r\n\r\n"
    #expect(try refusal(head + small) == nil)
    let tooMany = Refusal.malformed("the body is in too many chunks")
    #expect(try refusal(head + String(repeating: "1\r\na\r\n", count: 2000)) == tooMany)
    #expect(try refusal(head + String(repeating: "0000000000000001\r\na\r\n", count: 1000)) == tooMany)
  }

  @Test("of a path and a query only the first parts are decoded, and all are checked")
  func targets() throws {
    let many = String(repeating: "/a", count: 2000)
    let path = try Request(method: .get, target: many)
    #expect(try path.pathSegments() == [String](repeating: "a", count: Request.mostItems))
    let query = try Request(method: .get, target: "/?" + String(repeating: "a=b&", count: 1000))
    #expect(try query.queryItems().count == Request.mostItems)
    for target in ["\(many)/%", "\(many)/%ff", "\(many)/%00", "/?\(String(repeating: "&", count: 50))%zz"] {
      let request = try Request(method: .get, target: target)
      #expect(throws: PercentEncoding.Malformed.self) {
        try (request.pathSegments().count, request.queryItems().count)
      }
    }
  }

  @Test("a text within a value is found wherever it is")
  func contains() throws {
    for value in ["text/html", "a,text/html;q=1", "ttext/html", "tetext/html"] {
      let request = try Request(method: .get, target: "/?\(value)", fields: [.accept: value])
      #expect(request.value("accept", contains: "text/html"))
      #expect(request.queryContains("text/html"))
    }
    let other = try Request(method: .get, target: "/?text/htm", fields: [.accept: "text/htm"])
    #expect(!other.value("accept", contains: "text/html"))
    #expect(!other.queryContains("text/html"))
  }
}
