import HTTPTypes
import Testing

@testable import LocalHTTP

/// What became of the bytes of one connection: the requests in them, then a refusal if there was one.
private struct Outcome: Equatable {
  var requests: [String] = []
  var refusal: Refusal?
}

/// Feeds `pieces` one after another, as a connection would, and describes each request.
private func parse(_ pieces: [ArraySlice<UInt8>], limits: Limits = Limits()) -> Outcome {
  var parser = RequestParser(limits: limits)
  var outcome = Outcome()
  for piece in pieces {
    let bytes = Array(piece)
    var position = 0
    do throws(Refusal) {
      while position < bytes.count {
        guard let request = try parser.parse(bytes.span, &position) else { continue }
        let body = String(decoding: request.body, as: UTF8.self)
        outcome.requests.append(
          "\(request.method.rawValue) \(request.path)\(request.query.map { "?\($0)" } ?? "") \(body)")
        parser.reset()
      }
    } catch {
      outcome.refusal = error
      return outcome
    }
  }
  return outcome
}

/// Parses `text` whole, byte by byte, and cut in two at every offset; all must agree.
private func parseEveryWay(_ text: String, limits: Limits = Limits()) -> Outcome {
  let bytes = Array(text.utf8)
  let whole = parse([bytes[...]], limits: limits)
  #expect(parse(bytes.indices.map { bytes[$0...$0] }, limits: limits) == whole, "byte by byte")
  for cut in bytes.indices.dropFirst() {
    #expect(parse([bytes[..<cut], bytes[cut...]], limits: limits) == whole, "cut at \(cut)")
  }
  return whole
}

private let host = "Host: h\r\n"

@Suite struct RequestParserLimitTests {
  private var limits: Limits {
    var limits = Limits()
    limits.target = 20
    limits.header = 60
    limits.fields = 3
    limits.body = 8
    return limits
  }

  @Test(
    "what just fits the limits is read",
    arguments: [
      "GET /\(String(repeating: "a", count: 19)) HTTP/1.1\r\n\(host)\r\n",
      "GET / HTTP/1.1\r\n\(host)X: \(String(repeating: "a", count: 44))\r\n\r\n",
      "GET / HTTP/1.1\r\n\(host)A: 1\r\nB: 2\r\n\r\n",
      "POST / HTTP/1.1\r\n\(host)Content-Length: 8\r\n\r\n12345678",
      "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n4\r\n1234\r\n4\r\n5678\r\n0\r\n\r\n",
    ])
  func fits(_ text: String) {
    let outcome = parseEveryWay(text, limits: limits)
    #expect(outcome.refusal == nil)
    #expect(outcome.requests.count == 1)
  }

  @Test(
    "what exceeds a limit is refused with that limit's status",
    arguments: [
      ("GET /\(String(repeating: "a", count: 20)) HTTP/1.1\r\n\(host)\r\n", Refusal.targetTooLong),
      ("GET /\(String(repeating: "a", count: 200))", .targetTooLong),
      ("GET / HTTP/1.1\r\n\(host)X: \(String(repeating: "a", count: 45))\r\n\r\n", .headerTooLarge),
      ("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 200))", .headerTooLarge),
      ("GET / HTTP/1.1\r\n\(host)A: 1\r\nB: 2\r\nC: 3\r\n\r\n", .headerTooLarge),
      ("POST / HTTP/1.1\r\n\(host)Content-Length: 9\r\n\r\n", .bodyTooLarge),
      ("POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n4\r\n1234\r\n5\r\n", .bodyTooLarge),
      ("POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\nfffffffffffffff", .bodyTooLarge),
      (
        "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n0\r\nX: \(String(repeating: "a", count: 80))",
        .headerTooLarge
      ),
      (
        "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n0\r\nA:\r\nB:\r\nC:\r\nD:\r\n\r\n", .headerTooLarge
      ),
    ])
  func exceeds(_ text: String, _ refusal: Refusal) {
    #expect(parseEveryWay(text, limits: limits) == Outcome(refusal: refusal))
  }

  @Test("the interim response is expected only until some of the body came")
  func interim() throws {
    var parser = RequestParser(limits: Limits())
    let head = Array("POST / HTTP/1.1\r\n\(host)Expect: 100-continue\r\nContent-Length: 2\r\n\r\n".utf8)
    #expect(try !parser.finds(in: head))
    #expect(parser.expectsInterim)
    #expect(try !parser.finds(in: Array("a".utf8)))
    #expect(!parser.expectsInterim)
    #expect(try parser.finds(in: Array("b".utf8)))
  }

  @Test("a client that sent the body at once expects no interim response")
  func noInterim() throws {
    var parser = RequestParser(limits: Limits())
    let text = "POST / HTTP/1.1\r\n\(host)Expect: 100-continue\r\nContent-Length: 2\r\n\r\na"
    #expect(try !parser.finds(in: Array(text.utf8)))
    #expect(!parser.expectsInterim)
  }
}

@Suite struct RequestParserRepetitionTests {
  private static let small = "GET /a HTTP/1.1\r\n\(host)\r\n"

  @Test(
    "requests that begin like the one before are told apart",
    arguments: [
      (small + small + small, ["GET /a ", "GET /a ", "GET /a "]),
      (small + "GET /b HTTP/1.1\r\n\(host)\r\n" + small, ["GET /a ", "GET /b ", "GET /a "]),
      (small + "GET /a HTTP/1.1\r\n\(host)X: 1\r\n\r\n" + small, ["GET /a ", "GET /a ", "GET /a "]),
      (small + "\r\n" + small, ["GET /a ", "GET /a "]),
      (
        String(repeating: "POST /a HTTP/1.1\r\n\(host)Content-Length: 2\r\n\r\nab", count: 2)
          + "POST /a HTTP/1.1\r\n\(host)Content-Length: 2\r\n\r\ncd",
        ["POST /a ab", "POST /a ab", "POST /a cd"]
      ),
      (String(repeating: "POST /a HTTP/1.1\r\n\(host)Content-Length: 0\r\n\r\n", count: 2), ["POST /a ", "POST /a "]),
    ])
  func repetition(_ text: String, _ requests: [String]) {
    #expect(parseEveryWay(text) == Outcome(requests: requests))
  }

  @Test("what follows a repeated request is refused as after any other")
  func refusal() {
    #expect(
      parseEveryWay(Self.small + Self.small + "GET /a HTTP/1.1\n")
        == Outcome(requests: ["GET /a ", "GET /a "], refusal: .malformed("a line does not end with CRLF")))
  }

  @Test("a repeated request has begun with its first byte")
  func start() throws {
    var parser = RequestParser(limits: Limits())
    #expect(parser.isAtStart)
    for _ in 0..<2 {
      #expect(try !parser.finds(in: Array(Self.small.utf8.prefix(1))))
      #expect(!parser.isAtStart)
      #expect(try parser.finds(in: Array(Self.small.utf8.dropFirst())))
      parser.reset()
      #expect(parser.isAtStart)
    }
  }
}

extension RequestParser {
  /// Whether `bytes` complete a request.
  fileprivate mutating func finds(in bytes: [UInt8]) throws(Refusal) -> Bool {
    var position = 0
    return try parse(bytes.span, &position) != nil
  }
}
