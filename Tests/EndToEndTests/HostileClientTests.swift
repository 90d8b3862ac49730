import Glibc
import JSON
import LocalHTTP
import Outbound
import Secrets
import TestSupport
import Testing

/// What a hostile or broken client can send to the real binary: an answer by the contract each time, and a daemon that
/// goes on.
///
/// One after the other: each daemon takes one of the 128 inotify instances that the kernel gives a user.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct HostileClientTests {
  @Test("Requests that are none are refused with their status and code, and closed")
  func malformed() async throws {
    let deployment = try await Deployment(serve: ["--instance-id", "demo"])
    let token = deployment.token.exposed
    let head = "GET /v1/instances/demo/token HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n"
    let rows: [(request: String, status: Int, code: String)] = [
      ("nonsense\r\n\r\n", 400, "BadRequest"),
      ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{FC}\u{3}\u{3}\r\n\r\n", 400, "BadRequest"),
      ("GET / HTTP/2.0\r\n\r\n", 505, "HTTPVersionNotSupported"),
      ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTPVersionNotSupported"),
      ("GET /\u{0} HTTP/1.1\r\nHost: x\r\n\r\n", 400, "BadRequest"),
      ("GET / HTTP/1.1\r\n\r\n", 400, "BadRequest"),
      ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "BadRequest"),
      (head + "X y: z\r\n\r\n", 400, "BadRequest"),
      (head + "X: a\u{0}b\r\n\r\n", 400, "BadRequest"),
      (head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "BadRequest"),
      (head + "Content-Length: +5\r\n\r\nhello", 400, "BadRequest"),
      (head + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400, "BadRequest"),
      (head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "BadRequest"),
      (head + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n", 413, "BodyTooLarge"),
      (head + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501, "NotImplemented"),
      (head + "Expect: tea\r\n\r\n", 417, "ExpectationFailed"),
      (head + "Content-Length: 65537\r\n\r\n", 413, "BodyTooLarge"),
      ("GET /\(String(repeating: "a", count: 8192)) HTTP/1.1\r\nHost: x\r\n\r\n", 414, "TargetTooLong"),
      (head + "X: \(String(repeating: "a", count: 33_000))\r\n\r\n", 431, "HeaderTooLarge"),
      (head + String(repeating: "X: a\r\n", count: 101) + "\r\n", 431, "HeaderTooLarge"),
    ]
    let address = try ListenAddress(parsing: deployment.address)
    for row in rows {
      let response = try await RawClient.with(address) { client in
        try client.send(row.request)
        let response = try client.readResponse()
        #expect(try client.readToEnd().isEmpty)
        return response
      }
      let start = row.request.debugDescription.prefix(60)
      #expect(response.status == row.status, "\(start)")
      #expect(response.value("connection") == "close", "\(start)")
      #expect(response.value("content-type") == "application/problem+json", "\(start)")
      let problem = try JSONValue(parsing: response.body)
      #expect(problem["code"]?.string == row.code, "\(start)")
      #expect(problem["request_id"]?.string?.count == 36)
    }
    #expect(try await deployment.ask("GET", "/v1/instances/demo/token").status == 200)
    await deployment.stop()
  }

  @Test(
    "Chunk extensions are read by the letter",
    arguments: [
      ("1;", false), ("1;=x", false), ("1;a=\"", false), ("1;a b", false), ("1;;a", false), ("1;\u{FF}", false),
      ("1;a=", false), ("1;a=b c", false), ("1;a=\"b\"c", false), ("1;a=\"\u{1}\"", false), ("1;a,b", false),
      ("1;a=b;", false), ("1;a\u{0}", false), ("1;a=\"\\", false), ("1 a", false), (" 1", false),
      ("1 ;a=b", true), ("1;a", true), ("1;a=b", true), ("1\t;\ta\t=\tb", true), ("1;a=\"b;c\"", true),
      ("1;a=\"\\\"\"", true), ("1;a;b;c=d", true), ("1;a=\"\u{FF}\"", true), ("01;a", true),
      ("1;A!#$%&'*+-.^_`|~9", true),
    ])
  func chunkExtensions(line: String, isGood: Bool) async throws {
    let deployment = try await Deployment()
    let head = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    let response = try await RawClient.with(try ListenAddress(parsing: deployment.address)) { client in
      try client.send(head + line + "\r\nx\r\n0\r\n\r\n")
      return try client.readResponse()
    }
    #expect(response.status == (isGood ? 200 : 400), "\(line.debugDescription): \(response.text)")
    await deployment.stop()
  }

  @Test(
    "A field that may come once is refused when it comes twice, equal or not",
    arguments: [
      "Authorization", "authorization", "Host", "Origin", "Content-Type", "Content-Length", "Referer",
      "Access-Control-Request-Method", "Sec-Fetch-Site", "Sec-Fetch-Mode", "User-Agent", "X-Amz-Date",
    ])
  func repeated(field: String) async throws {
    let deployment = try await Deployment()
    let value = field.lowercased() == "authorization" ? "Bearer \(deployment.token.exposed)" : "0"
    let host = field == "Host" ? "" : "Host: localhost\r\n"
    for second in [value, "other"] {
      let response = try await RawClient.with(try ListenAddress(parsing: deployment.address)) { client in
        try client.send("GET /healthz HTTP/1.1\r\n\(host)\(field): \(value)\r\n\(field): \(second)\r\n\r\n")
        return try client.readResponse()
      }
      #expect(response.status == 400, "\(second): \(response.text)")
    }
    await deployment.stop()
  }

  @Test("A header that does not come in time is a 408, and an idle connection is closed without a word")
  func slow() async throws {
    let deployment = try await Deployment(
      configuration: "[limits]\nheader_timeout = \"1s\"\nidle_timeout = \"1s\"\n")
    let address = try ListenAddress(parsing: deployment.address)
    let slow = try await RawClient.with(address) { client in
      try client.send("GET / HT")
      let response = try client.readResponse()
      #expect(try client.readToEnd().isEmpty)
      return response
    }
    #expect(slow.status == 408)
    #expect(try JSONValue(parsing: slow.body)["code"]?.string == "RequestTimeout")
    let idle = try await RawClient.with(address) { client in try client.readToEnd() }
    #expect(idle.isEmpty)
    await deployment.stop()
  }

  @Test("Beyond the cap there is a 503, while the admin listener still answers")
  func connectionCap() async throws {
    let deployment = try await Deployment(
      serve: ["--admin-listen", "127.0.0.1:0"], configuration: "[limits]\nmax_connections = 2\n")
    let address = try ListenAddress(parsing: deployment.address)
    let admin = try Deployment.value("admin_listen", in: try await deployment.daemon.line(containing: " ready "))
    try await RawClient.onThread {
      var held = try (0..<2).map { _ in try RawClient(address) }
      for client in held {
        try client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(try client.readResponse().status == 200)
      }
      let refused = try RawClient(address).readResponse()
      #expect(refused.status == 503)
      #expect(refused.value("retry-after") == "1")
      #expect(try JSONValue(parsing: refused.body)["code"]?.string == "Busy")
      let probe = try RawClient(ListenAddress(parsing: admin))
      try probe.send("GET /healthz HTTP/1.1\r\nHost: whatever.example\r\nVia: 1.1 kubelet\r\n\r\n")
      #expect(try probe.readResponse().status == 200)

      held.removeLast()
      // The place is free once the server has seen the other end close.
      var status = 503
      while status == 503 {
        let next = try RawClient(address)
        try next.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        status = try next.readResponse().status
      }
      #expect(status == 200)
    }
    await deployment.stop()
  }

  @Test("Random bytes, cut-off requests and sudden ends leave the daemon as it was")
  func noise() async throws {
    let deployment = try await Deployment(serve: ["--instance-id", "demo"])
    try await deployment.daemon.line(containing: "fetched a token")
    let address = try ListenAddress(parsing: deployment.address)
    let request = Array(
      "POST /v1/instances/demo/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello".utf8)
    try await RawClient.onThread {
      var generator = SystemRandomNumberGenerator()
      for number in 0..<500 {
        let client = try RawClient(address)
        switch number % 3 {
        case 0: try client.send((0..<200).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        case 1: try client.send(Array(request.prefix(number % request.count)))
        default:
          var damaged = request
          damaged[number % request.count] = UInt8.random(in: .min ... .max, using: &generator)
          try client.send(damaged)
        }
      }
    }
    #expect(try await deployment.ask("GET", "/v1/instances/demo/token").status == 200)
    await deployment.stop()
  }
}
