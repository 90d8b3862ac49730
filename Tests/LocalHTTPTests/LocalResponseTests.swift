import LocalHTTP
import Secrets
import Testing

@Suite struct LocalResponseTests {
  @Test func `A response is read to its last byte`() throws {
    let response = try LocalResponse(
      parsing: Secret("HTTP/1.1 403 Not for you\r\nContent-Length: 7\r\nx-amzn-ErrorType:\t Denied \r\n\r\n{\"a\":1}"))
    #expect(response.status == 403)
    #expect(response["X-Amzn-Errortype"] == "Denied")
    #expect(response["Missing"] == nil)
    #expect(response.body.exposed == "{\"a\":1}")
  }

  @Test func `A reason may be empty, and so may the content`() throws {
    let response = try LocalResponse(parsing: Secret("HTTP/1.1 200 \r\ncontent-length: 0\r\n\r\n"))
    #expect(response.status == 200)
    #expect(response.body.isEmpty)
  }

  @Test(
    "What is not exactly one response of known length is refused",
    arguments: [
      "", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}x", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\n{}",
      "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}",
      "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
      "HTTP/2 200\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
      "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n", "HTTP/1.1 200 OK\r\n Content-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: a\u{1B}[2J\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n",
    ])
  func malformed(text: String) {
    #expect(throws: LocalResponse.ParseError.self) { try LocalResponse(parsing: Secret(text)) }
  }

  @Test func `A header has an end`() {
    let endless = "HTTP/1.1 200 OK\r\n" + String(repeating: "X: y\r\n", count: 10_000) + "Content-Length: 0\r\n\r\n"
    #expect(throws: LocalResponse.ParseError.self) { try LocalResponse(parsing: Secret(endless)) }
  }
}
