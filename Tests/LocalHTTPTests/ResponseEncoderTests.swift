import HTTPTypes
import Secrets
import Testing
import Timestamps

@testable import LocalHTTP

private func encode(
  _ response: Response, _ framing: ResponseFraming = ResponseFraming(persistence: .implied)
) -> (head: String, content: Secret?) {
  var encoder = ResponseEncoder()
  let content = encoder.encode(response, framing, second: 1_795_553_000)
  return (String(decoding: encoder.head, as: UTF8.self), content)
}

private let text = Content(mediaType: "text/plain", bytes: Secret("hello"))
private let longText = Content(mediaType: "text/plain", bytes: Secret(String(repeating: "hello ", count: 400)))
private let random = Content(
  mediaType: "text/plain", bytes: Secret((0..<2000).map { _ in UInt8.random(in: 0...255) }))

@Suite struct ResponseEncoderTests {
  @Test("a response has the fields that all have, its own, and its length")
  func plain() {
    let response = Response(status: .ok, fields: [.age: "3"], content: text)
    let (head, content) = encode(response)
    #expect(
      head == """
        HTTP/1.1 200 OK\r
        Date: Tue, 24 Nov 2026 20:43:20 GMT\r
        Cache-Control: no-store\r
        X-Content-Type-Options: nosniff\r
        Content-Type: text/plain\r
        Content-Length: 5\r
        Age: 3\r
        \r

        """)
    #expect(content == text.bytes)
  }

  @Test("the answer to a HEAD has the length and not the content")
  func head() {
    let framing = ResponseFraming(omitsContent: true, persistence: .implied)
    let (head, content) = encode(Response(status: .ok, content: text), framing)
    #expect(head.contains("\r\nContent-Length: 5\r\n"))
    #expect(content == nil)
  }

  @Test("a response without content says so, but for a 204")
  func noContent() {
    #expect(encode(Response(status: .notFound)).head.contains("\r\nContent-Length: 0\r\n"))
    #expect(!encode(Response(status: .noContent)).head.contains("Content-Length"))
    #expect(encode(Response(status: .noContent, content: text)).content == nil)
  }

  @Test("gzip is sent to who accepts it, and Vary to all")
  func compressed() {
    let accepting = ResponseFraming(acceptsGzip: true, persistence: .implied)
    let response = Response(status: .ok, content: longText)
    let plain = encode(response)
    let gzipped = encode(response, accepting)
    #expect(plain.head.contains("\r\nVary: Accept-Encoding\r\n"))
    #expect(!plain.head.contains("Content-Encoding"))
    #expect(plain.content == longText.bytes)
    #expect(gzipped.head.contains("\r\nVary: Accept-Encoding\r\nContent-Encoding: gzip\r\n"))
    #expect(gzipped.content == longText.compressed)
    #expect(gzipped.head.contains("\r\nContent-Length: \(longText.compressed?.count ?? 0)\r\n"))
  }

  @Test("content that is short, or does not shrink, is not compressed")
  func notCompressed() {
    #expect(text.compressed == nil)
    #expect(random.compressed == nil)
    let (head, _) = encode(Response(status: .ok, content: random), ResponseFraming(acceptsGzip: true))
    #expect(!head.contains("Vary"))
  }

  @Test("the connection's end is announced as each version needs it")
  func persistence() {
    let response = Response(status: .ok)
    #expect(!encode(response, ResponseFraming(persistence: .implied)).head.contains("Connection"))
    #expect(encode(response, ResponseFraming(persistence: .keepAlive)).head.hasSuffix("Connection: keep-alive\r\n\r\n"))
    #expect(encode(response, ResponseFraming(persistence: .close)).head.hasSuffix("Connection: close\r\n\r\n"))
  }

  @Test("no value ends a field early")
  func injection() {
    var response = Response(status: .ok, content: Content(mediaType: "a\r\nX: y\0", bytes: Secret("b")))
    response.fields.append(HTTPField(name: .server, value: "a\r\nX: y\0"))
    response.fields.append(HTTPField(name: .age, lenientValue: "a\r\nX: y\0\u{1}".utf8))
    response.status = .init(code: 299, reasonPhrase: "a\r\nX: y")
    let head = encode(response).head
    #expect(!head.contains("\r\nX: y"))
    #expect(!head.contains("\0"))
    #expect(head.components(of: "\r\n").count == 10)
  }

  @Test(
    "a date is in the one form that HTTP sends",
    arguments: [
      (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
      (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
      (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 GMT"),
    ])
  func date(_ second: Int, _ text: String) {
    #expect(Timestamp.httpDateText(seconds: Int64(second)) == text)
  }

  @Test(
    "Accept-Encoding is weighed",
    arguments: [
      ("gzip", true), ("GZIP", true), ("x-gzip", true), ("br, gzip;q=0.5", true), ("*", true), ("gzip;q=1.000", true),
      ("gzip ; q=0.001", true), ("*;q=0, gzip", true), ("identity;q=0, *;q=0.1", true), ("identity;q=0.5, gzip", true),
      ("", false), ("br", false), ("gzip;q=0", false), ("gzip;q=0.000", false), ("*, gzip;q=0", false),
      ("*;q=0", false),
      ("identity", false), ("gzip;q=0.5, identity", false), ("gzip;q=2", false), ("gzip;q=x", false),
      ("gzip;q=1.1", false),
      ("gzip;level=9", false), ("gzipped", false),
    ])
  func acceptEncoding(_ value: String, _ prefersGzip: Bool) {
    var accepted = AcceptEncoding()
    let bytes = Array(value.utf8)
    var left = 10
    #expect(accepted.read(bytes.span, bytes.indices, from: &left))
    #expect(accepted.prefersGzip == prefersGzip)
  }
}

extension String {
  fileprivate func components(of separator: String) -> [Substring] {
    split(separator: separator, omittingEmptySubsequences: false)
  }
}
