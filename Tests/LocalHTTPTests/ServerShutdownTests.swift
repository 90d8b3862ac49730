import Glibc
import TestSupport
import Testing

@testable import LocalHTTP

private let held = "GET /held HTTP/1.1\r\nHost: h\r\n\r\n"

extension LiveTests {
  @Suite struct ServerShutdownTests {
    @Test("a shutdown waits for the answer under way, which says that it is the last")
    func underWay() async throws {
      let live = try LiveServer()
      let answer = RawClient.onThreadTask { [address = live.address] in
        let client = try RawClient(address)
        try client.send(held)
        return String(decoding: try client.readToEnd(), as: UTF8.self)
      }
      let idle = try await RawClient.onThread { [address = live.address] in
        let client = try RawClient(address)
        try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        _ = try client.readResponse()
        return client
      }
      var requests = live.handler.heldRequests.makeAsyncIterator()
      _ = await requests.next()
      async let shutdown: Void = live.shutdown(grace: .seconds(20))
      // Idle connections close although another is still being answered.
      #expect(try await RawClient.onThread { try idle.readToEnd() } == [])
      live.handler.release()
      await shutdown
      let text = try await answer.value
      #expect(text.contains("\r\nConnection: close\r\n"))
      #expect(text.hasSuffix("released"))
      await #expect(throws: RawClient.Failure.self) { try await RawClient.with(live.address) { _ in } }
    }

    @Test("a request that arrived before the shutdown is answered, though nobody has looked at it yet")
    func arrived() async throws {
      let worker = try Worker()
      let pair = try SocketPair()
      worker.async { worker in
        let connection = Connection(
          pair.near, of: Client(transport: .tcp), handler: StubHandler(), limits: Limits(),
          memory: StrangersMemory(limit: .max), count: ConnectionCount(cap: 1))
        connection.start(on: worker)
        pair.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        connection.drain(on: worker)
      }
      worker.start(name: "test")
      let text = try await RawClient.onThread { pair.readToEnd() }
      #expect(text.contains("\r\nConnection: close\r\n"))
      #expect(text.hasSuffix("GET /  tcp"))
      worker.executor.stop()
    }

    @Test("a shutdown does not wait longer than its grace")
    func grace() async throws {
      let live = try LiveServer()
      let answer = RawClient.onThreadTask { [address = live.address] in
        let client = try RawClient(address)
        try client.send(held)
        return try client.readToEnd()
      }
      var requests = live.handler.heldRequests.makeAsyncIterator()
      _ = await requests.next()
      await live.shutdown(grace: .zero)
      #expect(try await answer.value == [])
      live.handler.release()
    }

    @Test("a second shutdown returns as the first does")
    func twice() async throws {
      let live = try LiveServer()
      async let first: Void = live.shutdown(grace: .seconds(20))
      async let second: Void = live.shutdown(grace: .seconds(20))
      _ = await (first, second)
      await live.shutdown()
      #expect(live.server.openConnections == 0)
    }

    @Test("a client that goes away while it is being answered is forgotten")
    func clientGone() async throws {
      let live = try LiveServer()
      try await RawClient.with(live.address) { try $0.send(held + held) }
      var requests = live.handler.heldRequests.makeAsyncIterator()
      _ = await requests.next()
      live.handler.release()
      live.handler.release()
      await live.shutdown(grace: .seconds(20))
      #expect(live.server.openConnections == 0)
    }

    @Test("thousands of connections leave no descriptor behind")
    func churn() async throws {
      let live = try LiveServer()
      try await withThrowingTaskGroup { group in
        for worker in 0..<4 {
          group.addTask {
            for index in 0..<750 {
              try await RawClient.with(live.address) { client in
                if (index + worker) % 3 == 0 { return }
                try client.send("GET /\(index) HTTP/1.1\r\nHost: h\r\n\r\n")
                if (index + worker) % 3 == 1 { _ = try client.readResponse() }
              }
            }
          }
        }
        try await group.waitForAll()
      }
      await live.shutdown(grace: .seconds(20))
      #expect(live.server.openConnections == 0)
      #expect(try openSocketCount(live.address) == 0)
    }

    /// How many sockets of the server's port some process still has open.
    private func openSocketCount(_ address: ListenAddress) throws -> Int {
      guard case .tcp(_, let port) = address else { return 0 }
      let digits = String(port, radix: 16, uppercase: true)
      let local = "0100007F:\(String(repeating: "0", count: 4 - digits.count))\(digits)"
      return try output(of: "awk '$2 == \"\(local)\" && $10 != 0' /proc/self/net/tcp").split(separator: "\n").count
    }
  }
}
