import Glibc
import Logging
import TestSupport
import Testing

@testable import LocalHTTP

/// One after another, since each has a server of its own to wait for.
@Suite(.serialized) enum LiveTests {}

extension LiveTests {
  @Suite struct ServerTests {
    @Test("TCP clients are answered, on IPv4 and IPv6", arguments: ["127.0.0.1", "::1"])
    func tcp(_ host: String) async throws {
      let live = try LiveServer(on: .tcp(host: host, port: 0))
      let response = try await RawClient.with(live.address) { client in
        try client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")
        return try client.readResponse()
      }
      #expect(response.statusLine == "HTTP/1.1 200 OK")
      #expect(response.text == "POST /a hi tcp")
      #expect(response.value("x-content-type-options") == "nosniff")
      await live.shutdown()
    }

    @Test("the peer of a unix socket is known by its user")
    func unix() async throws {
      let directory = try SocketDirectory()
      let live = try LiveServer(on: .unix(path: directory.path + "/s"))
      let text = try await RawClient.with(live.address) { client in
        try client.send(get("/a"))
        return try client.readResponse().text
      }
      var groups = [gid_t](repeating: 0, count: 65_536)
      let count = getgroups(Int32(groups.count), &groups)
      #expect(text == "GET /a  unix(uid: \(getuid()), gids: \([getgid()] + groups.prefix(Int(count))))")
      await live.shutdown()
      #expect(access(directory.path + "/s", F_OK) != 0)
    }

    @Test("a thousand pipelined requests are answered in their order")
    func pipelining() async throws {
      let live = try LiveServer()
      let texts = try await RawClient.with(live.address) { client in
        try client.send((0..<1000).map { get("/\($0)") }.joined())
        return try (0..<1000).map { _ in try client.readResponse().text }
      }
      #expect(texts == (0..<1000).map { "GET /\($0)  tcp" })
      await live.shutdown()
    }

    @Test("a request that comes byte by byte is answered")
    func byteByByte() async throws {
      let live = try LiveServer()
      let text = try await RawClient.with(live.address) { client in
        for byte in get("/slow").utf8 { try client.send([byte]) }
        return try client.readResponse().text
      }
      #expect(text == "GET /slow  tcp")
      await live.shutdown()
    }

    @Test("a client that closed its side still gets its answers")
    func halfClosed() async throws {
      let live = try LiveServer()
      let bytes = RawClient.onThreadTask { [address = live.address] in
        let client = try RawClient(address)
        try client.send(get("/held") + get("/after"))
        client.finishSending()
        return try client.readToEnd()
      }
      var held = live.handler.heldRequests.makeAsyncIterator()
      _ = await held.next()
      live.handler.release()
      let text = String(decoding: try await bytes.value, as: UTF8.self)
      #expect(text.contains("released"))
      #expect(text.hasSuffix("GET /after  tcp"))
      await live.shutdown()
    }

    @Test("a client that leaves an answer that lasts frees its place", arguments: [true, false])
    func leaving(isWhole: Bool) async throws {
      let live = try LiveServer()
      let client = try RawClient(live.address)
      try client.send(get("/lasting") + (isWhole ? "" : "GET /next HTTP/1.1\r\n"))
      for await _ in live.handler.heldRequests { break }
      #expect(live.server.openConnections == 1)
      client.finishSending()
      for await isCancelled in live.handler.lastingEnds {
        #expect(isCancelled)
        break
      }
      #expect(try await RawClient.onThread { try client.readToEnd() }.isEmpty)
      await live.shutdown()
    }

    @Test("an answer that lasts arrives, and the connection goes on")
    func lasting() async throws {
      let live = try LiveServer()
      let client = try RawClient(live.address)
      try client.send(get("/lasting"))
      for await _ in live.handler.heldRequests { break }
      live.handler.release()
      let text = try await RawClient.onThread {
        let released = try client.readResponse().text
        try client.send(get("/a"))
        return try released + client.readResponse().text
      }
      #expect(text == "releasedGET /a  tcp")
      await live.shutdown()
    }

    @Test("a request and the end that comes with it are both seen")
    func requestWithEnd() async throws {
      let live = try LiveServer()
      let texts = try await RawClient.onThread { [address = live.address] in
        try (0..<200).map { index in
          let client = try RawClient(address)
          try client.send(get("/\(index)"))
          client.finishSending()
          return String(decoding: try client.readToEnd(), as: UTF8.self)
        }
      }
      #expect(texts.indices.allSatisfy { texts[$0].hasSuffix("GET /\($0)  tcp") })
      await live.shutdown()
    }

    @Test("a HEAD gets the fields of the GET alone")
    func head() async throws {
      let live = try LiveServer()
      let (head, whole) = try await RawClient.with(live.address) { client in
        try client.send("HEAD /large HTTP/1.1\r\nHost: h\r\n\r\n")
        let head = try client.readResponse(hasBody: false)
        try client.send(get("/large"))
        return (head, try client.readResponse())
      }
      #expect(head.value("content-length") == "\(StubHandler.largeCount)")
      #expect(whole.body.count == StubHandler.largeCount)
      await live.shutdown()
    }

    @Test("nothing is answered ahead of a client that does not read")
    func slowReader() async throws {
      let live = try LiveServer()
      let (asked, count) = try await RawClient.onThread {
        let client = try RawClient(live.address, receiveBuffer: 4096)
        try client.send((0..<20).map { _ in get("/large") }.joined())
        // The first answer has begun, and is larger than what the kernel holds for a connection.
        var count = try client.read(count: 1).count
        let other = try RawClient(live.address)
        try other.send(get("/other"))
        _ = try other.readResponse()
        let asked = live.handler.largeRequestCount
        client.finishSending()
        count += try client.readToEnd().count
        return (asked, count)
      }
      #expect(asked <= 2)
      #expect(count > 20 * StubHandler.largeCount)
      #expect(live.handler.largeRequestCount == 20)
      await live.shutdown()
    }

    @Test("100 Continue comes before the body")
    func interim() async throws {
      let live = try LiveServer()
      let (interim, text) = try await RawClient.with(live.address) { client in
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        let interim = try client.read(through: Array("\r\n\r\n".utf8))
        try client.send("ok")
        return (String(decoding: interim, as: UTF8.self), try client.readResponse().text)
      }
      #expect(interim == "HTTP/1.1 100 Continue\r\n\r\n")
      #expect(text == "POST / ok tcp")
      await live.shutdown()
    }

    @Test("an error response is not lost to what the client still sends")
    func lingering() async throws {
      let live = try LiveServer()
      let text = try await RawClient.with(live.address) { client in
        let body = String(repeating: "x", count: 300_000)
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n" + body)
        client.finishSending()
        return String(decoding: try client.readToEnd(), as: UTF8.self)
      }
      #expect(text.hasPrefix("HTTP/1.1 413 "))
      #expect(text.contains("\r\nConnection: close\r\n"))
      #expect(text.hasSuffix("bodyTooLarge"))
      await live.shutdown()
    }

    @Test("a malformed request is answered and the connection closed")
    func malformed() async throws {
      let live = try LiveServer()
      let text = try await RawClient.with(live.address) { client in
        try client.send("GET / HTTP/1.1\r\n\r\n" + get("/next"))
        return String(decoding: try client.readToEnd(), as: UTF8.self)
      }
      #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
      #expect(!text.contains("GET /next"))
      await live.shutdown()
    }

    @Test("curl understands the gzip form")
    func gzip() async throws {
      let live = try LiveServer()
      let target = "http://\(live.address)/\(String(repeating: "a", count: 3000))"
      let output = try await RawClient.onThread {
        try LocalHTTPTests.output(of: "curl -s --compressed -w '%{size_download}' \(target)")
      }
      let size = try #require(Int(output.split(separator: "tcp").last ?? ""))
      #expect(output.hasPrefix("GET /aaa"))
      #expect(size < 500)
      await live.shutdown()
    }

    @Test("late clients are told and idle ones are not")
    func timeouts() async throws {
      var limits = Limits()
      limits.headerTime = 50
      limits.bodyTime = 50
      limits.idleTime = 50
      let live = try LiveServer(limits: limits)
      for sent in ["GET / HT", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na"] {
        let text = try await RawClient.with(live.address) { client in
          try client.send(sent)
          return String(decoding: try client.readToEnd(), as: UTF8.self)
        }
        #expect(text.hasPrefix("HTTP/1.1 408 "))
      }
      #expect(try await RawClient.with(live.address) { try $0.readToEnd() } == [])
      await live.shutdown()
    }

    @Test("clients over the cap are told, and not those of an exempt listener")
    func cap() async throws {
      var limits = Limits()
      limits.connections = 2
      let live = try LiveServer(limits: limits)
      let admin = try ListeningSocket.bind(to: .tcp(host: "127.0.0.1", port: 0))
      live.server.serve(admin, handler: live.handler, exemptFromCap: true)
      let (refused, exempt) = try await RawClient.onThread { [address = live.address] in
        let inside = try (0..<2).map { _ in try RawClient(address) }
        for client in inside {
          try client.send(get("/"))
          _ = try client.readResponse()
        }
        let refused = String(decoding: try RawClient(address).readToEnd(), as: UTF8.self)
        let exempt = try RawClient(admin.boundAddress)
        try exempt.send(get("/admin"))
        return (refused, try withExtendedLifetime(inside) { try exempt.readResponse().text })
      }
      #expect(refused.hasPrefix("HTTP/1.1 503 "))
      #expect(exempt == "GET /admin  tcp")
      #expect(live.server.rejectedConnections == 1)
      await live.shutdown()
      #expect(live.server.openConnections == 0)
    }
  }
}

func output(of command: String) throws -> String {
  guard let pipe = popen(command, "r") else { throw RawClient.Failure("popen: errno \(errno)") }
  defer { pclose(pipe) }
  var output: [UInt8] = []
  while case let byte = getc(pipe), byte != EOF { output.append(UInt8(truncatingIfNeeded: byte)) }
  return String(decoding: output, as: UTF8.self)
}
