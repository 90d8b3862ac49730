import Outbound
import Secrets
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct CurlTransportTests {
  private func get(
    _ url: String, _ fields: [(name: String, value: Secret)] = [], _ settings: TransportSettings = TransportSettings()
  ) async throws(TransportError) -> TransportResponse {
    try await CurlTransport(settings).send(TransportRequest(method: "GET", url: url, fields: fields))
  }

  private func reason(_ send: () async throws(TransportError) -> TransportResponse) async -> TransportError.Reason? {
    do {
      _ = try await send()
      return nil
    } catch {
      return error.reason
    }
  }

  @Test func `A response comes with its status, its fields in order and its body`() async throws {
    let server = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.respond("{\"a\":1}", status: "404 Not Found", fields: "X-One: 1\r\nx-two:  two words \r\nX-One: 2\r\n")
    }
    let response = try await get(server.url)
    #expect(response.status == 404)
    #expect(response.body.exposed == "{\"a\":1}")
    #expect(response.fields.map(\.name) == ["X-One", "x-two", "X-One", "Content-Length"])
    #expect(response["X-TWO"] == "two words")
    #expect(response["x-one"] == "1")
  }

  @Test func `The path is sent as it stands, and nothing that was not asked for`() async throws {
    let server = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.respond("")
    }
    _ = try await get(
      "\(server.url)/a/../b/./%2E%2e/c%2Fd?x=%20", [("X-Empty", Secret("")), ("X-Value", Secret("v w"))])
    #expect(
      server.requests == [
        "GET /a/../b/./%2E%2e/c%2Fd?x=%20 HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nX-Empty:\r\nX-Value: v w\r\n\r\n"
      ])
  }

  @Test func `A body is sent with its length and no other field`() async throws {
    let server = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.respond("")
    }
    _ = try await CurlTransport().send(
      TransportRequest(method: "PUT", url: "\(server.url)/t", body: Array("a\0b".utf8)))
    #expect(
      server.requests == ["PUT /t HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nContent-Length: 3\r\n\r\na\0b"])
  }

  @Test func `A PUT without a body says so`() async throws {
    let server = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.respond("")
    }
    _ = try await CurlTransport().send(TransportRequest(method: "PUT", url: "\(server.url)/t"))
    #expect(server.requests == ["PUT /t HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nContent-Length: 0\r\n\r\n"])
  }

  @Test func `A HEAD request waits for no body`() async throws {
    let server = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
      connection.waitForClose()
    }
    let response = try await CurlTransport().send(TransportRequest(method: "HEAD", url: server.url))
    #expect(response.status == 200)
    #expect(response.body.isEmpty)
  }

  @Test func `A connection is used again`() async throws {
    let server = LoopbackServer { connection in
      while connection.readRequest() != nil { connection.respond("x") }
    }
    let transport = CurlTransport()
    for _ in 0..<3 { _ = try await transport.send(TransportRequest(method: "GET", url: server.url)) }
    #expect(server.connectionCount == 1)
    #expect(server.requests.count == 3)
  }

  @Test func `Connections close when the transport goes`() async throws {
    let (closings, closing) = AsyncStream.makeStream(of: Void.self)
    let server = LoopbackServer { connection in
      while connection.readRequest() != nil { connection.respond("x") }
      closing.yield()
    }
    _ = try await get(server.url)
    for await _ in closings { break }
    #expect(server.requests.count == 1)
  }

  @Test func `Fifty requests at once are all answered`() async throws {
    let server = LoopbackServer { connection in
      while let request = connection.readRequest() {
        connection.respond(String(request.split(separator: " ")[1]))
      }
    }
    let transport = CurlTransport()
    let url = server.url
    let bodies = try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<50 {
        group.addTask {
          try await transport.send(TransportRequest(method: "GET", url: "\(url)/\(number)")).body.exposed
        }
      }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(bodies == Set((0..<50).map { "/\($0)" }))
  }

  @Test func `An interim response and trailer fields do not count`() async throws {
    let server = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.write(
        "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "2\r\nab\r\n1\r\nc\r\n0\r\nX-Trailer: t\r\n\r\n")
    }
    let response = try await get(server.url)
    #expect(response.body.exposed == "abc")
    #expect(response.fields.map(\.name) == ["Transfer-Encoding"])
  }

  @Test func `A redirect is an answer like any other`() async throws {
    let server = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.respond("", status: "302 Found", fields: "Location: /elsewhere\r\n")
    }
    #expect(try await get(server.url).status == 302)
    #expect(server.requests.count == 1)
  }

  enum Excess: CaseIterable {
    case body, chunkedBody, fieldCount, fieldLine, hugeFieldLine

    var text: String {
      switch self {
      case .body: "Content-Length: 5242880\r\n\r\n" + x(5 << 20)
      case .chunkedBody: "Transfer-Encoding: chunked\r\n\r\n500000\r\n" + x(5 << 20)
      case .fieldCount: String(repeating: "X: y\r\n", count: 101) + "Content-Length: 0\r\n\r\n"
      case .fieldLine: "X: \(x(70_000))\r\nContent-Length: 0\r\n\r\n"
      case .hugeFieldLine: "X: \(x(400_000))\r\nContent-Length: 0\r\n\r\n"
      }
    }

    private func x(_ count: Int) -> String { String(repeating: "x", count: count) }
  }

  @Test(arguments: Excess.allCases)
  func `A response beyond the limits is refused`(excess: Excess) async {
    let server = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.write("HTTP/1.1 200 OK\r\n" + excess.text)
    }
    #expect(await reason { () async throws(TransportError) in try await get(server.url) } == .tooLarge)
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nab",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "HTTP/1.1 20", "", "SSH-2.0-OpenSSH\r\n",
  ])
  func `A response that breaks off or is none is an interruption`(text: String) async {
    let server = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.write(text)
    }
    #expect(await reason { () async throws(TransportError) in try await get(server.url) } == .interrupted)
  }

  @Test func `A reset in the middle of a body is an interruption`() async {
    let server = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
      connection.resetOnClose()
    }
    #expect(await reason { () async throws(TransportError) in try await get(server.url) } == .interrupted)
  }

  @Test func `A refused connection is told from a name that does not resolve`() async {
    let port = { LoopbackServer { _ in }.port }()
    // The server went with its last reference, so that its port is free.
    #expect(
      await reason { () async throws(TransportError) in try await get("http://127.0.0.1:\(port)") } == .connect)
    #expect(
      await reason { () async throws(TransportError) in try await get("http://no-such-host.invalid") } == .resolve)
  }

  @Test(arguments: ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"])
  func `A server that falls silent meets the read time-out`(start: String) async {
    let server = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.write(start)
      connection.waitForClose()
    }
    var settings = TransportSettings()
    settings.readTimeout = 0.05
    #expect(
      await reason { () async throws(TransportError) in try await get(server.url, [], settings) } == .readTimedOut)
  }

  @Test func `A TLS server that never greets meets the connect time-out`() async {
    let server = LoopbackServer { $0.waitForClose() }
    var settings = TransportSettings()
    settings.connectTimeout = 0.05
    #expect(
      await reason { () async throws(TransportError) in
        try await get("https://127.0.0.1:\(server.port)", [], settings)
      } == .connectTimedOut)
  }

  @Test func `Cancelling the task ends the transfer`() async {
    let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
    let (closings, closing) = AsyncStream.makeStream(of: Void.self)
    let server = LoopbackServer { connection in
      _ = connection.readRequest()
      arrival.yield()
      connection.waitForClose()
      closing.yield()
    }
    let url = server.url
    let transport = CurlTransport()
    let task = Task { try await transport.send(TransportRequest(method: "GET", url: url)) }
    for await _ in arrivals { break }
    task.cancel()
    await #expect(throws: TransportError(.cancelled, "the request was cancelled")) { try await task.value }
    for await _ in closings { break }
  }

  @Test func `A task that is cancelled already sends nothing`() async {
    let server = LoopbackServer { _ = $0.readRequest() }
    let url = server.url
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await CurlTransport().send(TransportRequest(method: "GET", url: url))
    }
    await #expect(throws: TransportError(.cancelled, "the request was cancelled")) { try await task.value }
    #expect(server.requests.isEmpty)
  }

  @Test(arguments: [
    "file:///etc/passwd", "ftp://127.0.0.1/x", "http://user:password@127.0.0.1/", "http://127.0.0.1/a b",
    "http://127.0.0.1/\r\nX: y", "http://127.0.0.1/\u{e9}", "http://", "",
  ])
  func `An address that is none of ours is refused`(url: String) async {
    #expect(await reason { () async throws(TransportError) in try await get(url) } == .invalidRequest)
  }

  @Test(arguments: [("X", "a\r\nY: b"), ("X", "a\nb"), ("X", "a\0b"), ("X Y", "a"), ("", "a"), ("X:", "a")])
  func `A field that would break the header is refused`(name: String, value: String) async {
    #expect(
      await reason { () async throws(TransportError) in
        try await get("http://127.0.0.1:9", [(name, Secret(value))])
      } == .invalidRequest)
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\n", "A: b\r\n"), ("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", "x"),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"),
  ])
  func `An answer that comes byte by byte is not waited for longer than twice the read time-out`(
    start: String, piece: String
  ) async throws {
    let server = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.write(start)
      connection.drip(String(repeating: piece, count: 1000), every: 20)
    }
    var settings = TransportSettings()
    settings.readTimeout = 1
    do throws(TransportError) {
      _ = try await get(server.url, [], settings)
      Issue.record("there is an answer")
    } catch {
      #expect(error.reason == .readTimedOut)
      #expect(error.message == "the answer of 127.0.0.1:\(server.port) was not whole in time")
    }
  }

  @Test(arguments: [0.0, 60, 5]) func `A bound of its own holds whatever the read time-out is`(readTimeout: Double)
    async
  {
    let server = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
      connection.drip(String(repeating: "x", count: 5000), every: 20)
    }
    var settings = TransportSettings()
    settings.readTimeout = readTimeout
    settings.longestAnswer = 1
    #expect(
      await reason { () async throws(TransportError) in try await get(server.url, [], settings) } == .readTimedOut)
  }

  @Test func `Without a bound only silence counts`() async throws {
    let server = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n")
      connection.drip(String(repeating: "x", count: 60), every: 20)
    }
    var settings = TransportSettings()
    settings.readTimeout = 0.5
    settings.longestAnswer = nil
    #expect(try await get(server.url, [], settings).body.count == 60)
  }
}
