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

@Suite struct RequestParserTests {
  @Test(
    "a well-framed request is read however its bytes are cut",
    arguments: [
      ("GET / HTTP/1.1\r\n\(host)\r\n", ["GET / "]),
      ("GET /a/b?c=d&e HTTP/1.1\r\n\(host)\r\n", ["GET /a/b?c=d&e "]),
      ("GET /? HTTP/1.1\r\n\(host)\r\n", ["GET /? "]),
      ("\r\nGET / HTTP/1.1\r\n\(host)\r\n", ["GET / "]),
      ("GET / HTTP/1.0\r\n\r\n", ["GET / "]),
      ("GET / HTTP/1.2\r\n\(host)\r\n", ["GET / "]),
      ("get / HTTP/1.1\r\n\(host)\r\n", ["get / "]),
      ("GET http://h/p?q HTTP/1.1\r\n\(host)\r\n", ["GET /p?q "]),
      ("GET HTTP://h HTTP/1.1\r\n\(host)\r\n", ["GET / "]),
      ("GET http://h?q HTTP/1.1\r\n\(host)\r\n", ["GET /?q "]),
      ("OPTIONS * HTTP/1.1\r\n\(host)\r\n", ["OPTIONS * "]),
      ("CONNECT h:443 HTTP/1.1\r\n\(host)\r\n", ["CONNECT h:443 "]),
      ("GET / HTTP/1.1\r\nHost:\r\n\r\n", ["GET / "]),
      ("GET / HTTP/1.1\r\nhOsT: \t[::1]:80\t \r\n\r\n", ["GET / "]),
      ("GET / HTTP/1.1\r\n\(host)X: caf\u{e9}\r\n\r\n", ["GET / "]),
      ("POST / HTTP/1.1\r\n\(host)Content-Length: 3\r\n\r\nabc", ["POST / abc"]),
      ("POST / HTTP/1.1\r\n\(host)Content-Length: 003\r\n\r\nabc", ["POST / abc"]),
      ("POST / HTTP/1.1\r\n\(host)Content-Length: 0\r\n\r\n", ["POST / "]),
      ("POST / HTTP/1.1\r\n\(host)Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", ["POST / abc"]),
      (
        "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0A\r\nbcdefghijk\r\n00\r\n\r\n",
        ["POST / abcdefghijk"]
      ),
      (
        "POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n1;n=\"v\"\r\na\r\n0;x\r\nT: v\r\n\r\n",
        ["POST / a"]
      ),
      ("POST / HTTP/1.1\r\n\(host)Expect: 100-Continue\r\nContent-Length: 1\r\n\r\na", ["POST / a"]),
      ("GET / HTTP/1.0\r\nExpect: nonsense\r\n\r\n", ["GET / "]),
      (
        "GET /1 HTTP/1.1\r\n\(host)\r\nPOST /2 HTTP/1.1\r\n\(host)Content-Length: 1\r\n\r\nxGET /3 HTTP/1.1\r\n\(host)\r\n",
        ["GET /1 ", "POST /2 x", "GET /3 "]
      ),
      ("GET / HTTP/1.1\r\n\(host)\r\nGET / HTT", ["GET / "]),
    ])
  func wellFramed(_ text: String, _ requests: [String]) {
    #expect(parseEveryWay(text) == Outcome(requests: requests))
  }

  @Test(
    "a malformed request line is refused",
    arguments: [
      "GET /\r\n", "GET  / HTTP/1.1\r\n", "GET / HTTP/1.1 \r\n", " GET / HTTP/1.1\r\n", "GET /a b HTTP/1.1\r\n",
      "GET / http/1.1\r\n", "GET / HTTP/1.10\r\n", "GET / HTTP/11\r\n", "GET / HTTP/0.9\r\n", "GET / HTTP/1.x\r\n",
      "G(T / HTTP/1.1\r\n", " / HTTP/1.1\r\n", "GET\t/ HTTP/1.1\r\n", "GET / HTTP/1.1\n", "GET / HTTP/1.1\r\r\n",
      "GET /\r HTTP/1.1\r\n", "GET /\0 HTTP/1.1\r\n", "GET /\u{e9} HTTP/1.1\r\n", "GET /#f HTTP/1.1\r\n",
      "GET /\\ HTTP/1.1\r\n", "GET a HTTP/1.1\r\n", "GET * HTTP/1.1\r\n", "GET ftp://h/ HTTP/1.1\r\n",
      "GET https://h/ HTTP/1.1\r\n", "GET http:///p HTTP/1.1\r\n", "GET http://u@h/ HTTP/1.1\r\n",
      "GET http://h:x/ HTTP/1.1\r\n", "GET http://[::1/ HTTP/1.1\r\n", "CONNECT h HTTP/1.1\r\n",
      "CONNECT / HTTP/1.1\r\n", "CONNECT :1 HTTP/1.1\r\n", "\r\n\r\nGET / HTTP/1.1\r\n", "\nGET / HTTP/1.1\r\n",
      "\u{16}\u{3}\u{1}\r\n", "\(String(repeating: "M", count: 33)) / HTTP/1.1\r\n",
    ])
  func malformedRequestLine(_ text: String) {
    expectMalformed(text + host + "\r\n")
  }

  @Test(
    "a malformed field line is refused",
    arguments: [
      "X : v", " X: v", "\tX: v", "X: v\r\n folded", "X", ": v", "X(: v", "X: a\0b", "X: a\u{1}b", "X: a\u{7f}b",
      "X: a\rb", "X: a\nY: b", "X: v\n", "X\u{e9}: v", "X: v\r",
    ])
  func malformedField(_ line: String) {
    expectMalformed("GET / HTTP/1.1\r\n\(host)\(line)\r\n\r\n")
    expectMalformed("GET / HTTP/1.1\r\n\(line)\r\n\(host)\r\n")
  }

  @Test(
    "a missing, repeated or invalid Host is refused",
    arguments: [
      "", "Host: a\r\nHost: a\r\n", "Host: a b\r\n", "Host: a/b\r\n", "Host: u@a\r\n", "Host: a:b\r\n",
      "Host: [::1\r\n",
      "Host: [g::1]\r\n", "Host: [::1]x\r\n", "Host: a\\\r\n", "Host: a:1:2\r\n",
    ])
  func invalidHost(_ fields: String) {
    expectMalformed("GET / HTTP/1.1\r\n\(fields)\r\n")
  }

  @Test("two Hosts are refused on HTTP/1.0 too")
  func twoHosts() {
    expectMalformed("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n")
  }

  @Test(
    "a body with two ends, or none that is certain, is refused",
    arguments: [
      "Content-Length: 5, 5", "Content-Length: 5\r\nContent-Length: 5", "Content-Length: +5", "Content-Length: -5",
      "Content-Length: 0x5", "Content-Length: 5 5", "Content-Length:", "Content-Length: 5.0",
      "Content-Length: 9223372036854775808", "Content-Length: 99999999999999999999999",
      "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked, chunked",
      "Transfer-Encoding: gzip", "Transfer-Encoding: identity", "Transfer-Encoding: chunked, gzip",
      "Transfer-Encoding: chunked;q=1", "Transfer-Encoding:", "Transfer-Encoding: xchunked",
      "Transfer-Encoding: \u{b}chunked",
    ])
  func ambiguousFraming(_ fields: String) {
    expectMalformed("POST / HTTP/1.1\r\n\(host)\(fields)\r\n\r\nabcde")
  }

  @Test("a transfer coding is refused on HTTP/1.0")
  func transferCodingOnOldVersion() {
    expectMalformed("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
  }

  @Test(
    "an ill-chunked body is refused",
    arguments: [
      "\r\n", "g\r\n", "-1\r\na\r\n", "+1\r\na\r\n", "0x1\r\na\r\n", "1 \r\na\r\n", " 1\r\na\r\n", "1\na\r\n",
      "1\r\nab\r\n",
      "1\r\na\n", "1\r\na\rb", "1\rXa\r\n", "00000000000000001\r\na\r\n", "1;\0\r\na\r\n", "1;a\nb\r\n",
      "0\r\nX : v\r\n\r\n", "0\r\n X: v\r\n\r\n", "0\r\nX: v\n\r\n", "0\r\nX: a\0\r\n\r\n", "0\r\nnonsense\r\n\r\n",
      "1;\(String(repeating: "x", count: 4097))\r\na\r\n",
    ])
  func illChunked(_ body: String) {
    expectMalformed("POST / HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n\(body)")
  }

  @Test(
    "what is understood and not supported has a status of its own",
    arguments: [
      ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Refusal.unsupportedVersion),
      ("GET / HTTP/3.1\r\n\(host)\r\n", .unsupportedVersion),
      ("POST / HTTP/1.1\r\n\(host)Transfer-Encoding: gzip, chunked\r\n\r\n", .unknownTransferCoding),
      ("POST / HTTP/1.1\r\n\(host)Expect: something\r\nContent-Length: 1\r\n\r\n", .unknownExpectation),
    ])
  func unsupported(_ text: String, _ refusal: Refusal) {
    #expect(parseEveryWay(text) == Outcome(refusal: refusal))
  }

  private func expectMalformed(_ text: String) {
    let outcome = parseEveryWay(text)
    guard case .malformed = outcome.refusal, outcome.requests.isEmpty else {
      Issue.record("\(outcome) for \(text.debugDescription)")
      return
    }
  }
}

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

extension RequestParser {
  /// Whether `bytes` complete a request.
  fileprivate mutating func finds(in bytes: [UInt8]) throws(Refusal) -> Bool {
    var position = 0
    return try parse(bytes.span, &position) != nil
  }
}
