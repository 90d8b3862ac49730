extension Rule {
  /// What follows one request on a connection: more of them, its end, `100 Continue` (RFC 9112 §9, RFC 9110 §10.1.1).
  static let exchanges: [Rule] = [
    .reads("RFC 9112 §9.3", "HTTP/1.1 stays open", get(), ["GET / "]),
    .reads("RFC 9112 §9.3", "unless it says close", get("/", "Connection: close\r\n"), ["GET / "], then: .closed),
    .reads("RFC 9110 §7.6.1", "close in any letter case", get("/", "Connection: cLoSe\r\n"), ["GET / "], then: .closed),
    .reads("RFC 9110 §7.6.1", "close in a list", get("/", "Connection: x, close , y\r\n"), ["GET / "], then: .closed),
    .reads(
      "RFC 9110 §7.6.1", "close in a second field", get("/", "Connection: x\r\nConnection: close\r\n"), ["GET / "],
      then: .closed),
    .reads(
      "RFC 9112 §9.3", "close counts before keep-alive", get("/", "Connection: keep-alive, close\r\n"), ["GET / "],
      then: .closed),
    .reads("RFC 9110 §7.6.1", "a longer word is not close", get("/", "Connection: closed\r\n"), ["GET / "]),
    .reads(
      "RFC 9112 §9.3", "HTTP/1.0 that says keep-alive stays open", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      ["GET / "]),
    .reads(
      "RFC 9112 §9.3", "HTTP/1.0 that says close", "GET / HTTP/1.0\r\nConnection: close\r\n\r\n", ["GET / "],
      then: .closed),
    .reads(
      "RFC 9112 §9.6", "nothing behind the last request is read", get("/1", "Connection: close\r\n") + get("/2"),
      ["GET /1 "], then: .closed),
    .reads(
      "RFC 9112 §9.6", "nor behind one of HTTP/1.0", "GET /1 HTTP/1.0\r\n\r\n" + get("/2"), ["GET /1 "], then: .closed),
    .reads(
      "RFC 9110 §7.8", "an upgrade to HTTP/2 is not taken up",
      get("/", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"), ["GET / "]),
    .reads(
      "RFC 9110 §7.8", "nor one to WebSocket", get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"), ["GET / "]),

    .reads(
      "RFC 9112 §9.3.2", "pipelined requests are answered in their order", get("/1") + get("/2") + get("/3"),
      ["GET /1 ", "GET /2 ", "GET /3 "]),
    .reads(
      "RFC 9112 §9.3.2", "bodies of both kinds between them",
      get("/1") + post("Content-Length: 2", "ab") + chunked("1\r\nc\r\n0\r\n\r\n") + get("/4"),
      ["GET /1 ", "POST / ab", "POST / c", "GET /4 "]),
    .reads(
      "RFC 9110 §9.3.2", "a HEAD between others", get("/1") + "HEAD /2 HTTP/1.1\r\nHost: h\r\n\r\n" + get("/3"),
      ["GET /1 ", "HEAD /2 ", "GET /3 "]),
    .reads(
      "RFC 9110 §9.3.2", "a HEAD and a body", "HEAD / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na", ["HEAD / a"]),
    .reads("RFC 9110 §9.3.2", "a HEAD of HTTP/1.0", "HEAD / HTTP/1.0\r\n\r\n", ["HEAD / "], then: .closed),
    .reads(
      "RFC 9110 §9.3.8", "a TRACE is the handler's to refuse", "TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", ["TRACE / "]),
    .refuses(
      "RFC 9112 §2.2", "the good ones before a bad one are answered",
      get("/1") + get("/2") + "GET / HTTP/1.1\r\n\r\n" + get("/4"), after: ["GET /1 ", "GET /2 "]),
    .refuses("RFC 9112 §2.2", "garbage after a request", get("/1") + "\0\0\0\0\r\n\r\n", after: ["GET /1 "]),
    .refuses(
      "RFC 9112 §6.3", "a smuggled request behind an ambiguous one is never read",
      post("Content-Length: 6\r\nTransfer-Encoding: chunked", "0\r\n\r\nG" + get("/smuggled"))),
    .refuses("RFC 9112 §6.3", "nor behind a chunk of a false size", chunked("2\r\na\r\n0\r\n\r\n" + get("/smuggled"))),

    .reads("RFC 9112 §8", "a request line that ends too soon", "GET / HT", [], then: .unfinished),
    .reads("RFC 9112 §8", "a header that ends too soon", "GET / HTTP/1.1\r\nHost: h\r\n", [], then: .unfinished),
    .reads(
      "RFC 9112 §8", "a header that ends in the middle of CRLF", "GET / HTTP/1.1\r\nHost: h\r\n\r", [],
      then: .unfinished),
    .reads("RFC 9112 §8", "a body that ends too soon", post("Content-Length: 3", "ab"), [], then: .unfinished),
    .reads("RFC 9112 §8", "a chunk that ends too soon", chunked("3\r\nab"), [], then: .unfinished),
    .reads("RFC 9112 §8", "no last chunk", chunked("1\r\na\r\n"), [], then: .unfinished),
    .reads("RFC 9112 §8", "a last chunk without its empty line", chunked("0\r\n"), [], then: .unfinished),
    .reads("RFC 9112 §8", "a trailer that ends too soon", chunked("0\r\nX: y"), [], then: .unfinished),
    .reads("RFC 9112 §8", "the whole requests before are answered", get("/1") + "GET", ["GET /1 "], then: .unfinished),
    .reads("RFC 9112 §9.6", "a connection without a byte", "", [], then: .open),
    .reads("RFC 9112 §2.2", "an empty line and no more", "\r\n", [], then: .unfinished),

    .reads(
      "RFC 9110 §10.1.1", "an expectation whose body comes at once",
      post("Expect: 100-continue\r\nContent-Length: 1", "a"), ["POST / a"]),
    .reads(
      "RFC 9110 §10.1.1", "in any letter case", post("Expect: 100-Continue\r\nContent-Length: 1", "a"), ["POST / a"]),
    .reads(
      "RFC 9110 §10.1.1", "an expectation and a chunked body",
      post("Expect: 100-continue\r\nTransfer-Encoding: chunked", "1\r\na\r\n0\r\n\r\n"), ["POST / a"]),
    .reads("RFC 9110 §10.1.1", "an expectation without a body", get("/", "Expect: 100-continue\r\n"), ["GET / "]),
    .reads(
      "RFC 9110 §10.1.1", "an expectation of HTTP/1.0 is ignored",
      "POST / HTTP/1.0\r\nExpect: nonsense\r\nContent-Length: 1\r\n\r\na", ["POST / a"], then: .closed),
    .refuses("RFC 9110 §10.1.1", "another expectation", post("Expect: tea\r\nContent-Length: 1", "a"), 417),
    .refuses(
      "RFC 9110 §10.1.1", "an expectation and another", post("Expect: 100-continue, tea\r\nContent-Length: 1", "a"), 417
    ),
    .refuses(
      "RFC 9110 §10.1.1", "a body that would be too large is refused before it is sent",
      post("Expect: 100-continue\r\nContent-Length: 65537"), 413),
  ]

  /// The limits of this server (RFC 9110 §15.5, RFC 6585 §5).
  static let limits: [Rule] = [
    .reads("RFC 9112 §3", "a target of 8,192 bytes", get("/" + filler(8191)), ["GET /\(filler(8191)) "]),
    .refuses("RFC 9110 §15.5.15", "a target of 8,193 bytes", get("/" + filler(8192)), 414),
    .refuses("RFC 9110 §15.5.15", "a target without an end", "GET /" + filler(20_000), 414),
    .reads("RFC 9110 §5.4", "a hundred fields", get("/", String(repeating: "X: y\r\n", count: 99)), ["GET / "]),
    .refuses("RFC 6585 §5", "a field more", get("/", String(repeating: "X: y\r\n", count: 100)), 431),
    .reads("RFC 9110 §5.4", "fields of 32 KiB", get("/", "X: " + filler(32 * 1024 - 16) + "\r\n"), ["GET / "]),
    .refuses("RFC 6585 §5", "a byte more", get("/", "X: " + filler(32 * 1024 - 15) + "\r\n"), 431),
    .refuses("RFC 6585 §5", "a field without an end", "GET / HTTP/1.1\r\nHost: h\r\nX: " + filler(33 * 1024), 431),
    .refuses("RFC 6585 §5", "a field name without an end", "GET / HTTP/1.1\r\nHost: h\r\n" + filler(33 * 1024), 431),
    .reads(
      "RFC 9110 §15.5.14", "a body of 64 KiB", post("Content-Length: 65536", filler(65_536)),
      ["POST / \(filler(65_536))"]),
    .refuses("RFC 9110 §15.5.14", "a length of a byte more", post("Content-Length: 65537", filler(10)), 413),
    .reads(
      "RFC 9110 §15.5.14", "a chunk of 64 KiB", chunked("10000\r\n\(filler(65_536))\r\n0\r\n\r\n"),
      ["POST / \(filler(65_536))"]),
    .refuses("RFC 9110 §15.5.14", "a chunk of a byte more", chunked("10001\r\n\(filler(10))"), 413),
    .refuses(
      "RFC 9110 §15.5.14", "chunks that are too much together", chunked("8000\r\n\(filler(32_768))\r\n8001\r\n"), 413),
    .refuses("RFC 6585 §5", "a trailer of 33 KiB", chunked("0\r\nX: \(filler(33 * 1024))"), 431),
    .refuses(
      "RFC 6585 §5", "a trailer of 101 fields", chunked("0\r\n\(String(repeating: "X: y\r\n", count: 101))\r\n"), 431),
  ]

  private static func filler(_ count: Int) -> String { String(repeating: "a", count: count) }
}
