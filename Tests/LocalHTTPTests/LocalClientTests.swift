import Glibc
import LocalHTTP
import Secrets
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct LocalClientTests {
  private func client(
    _ address: ListenAddress, timeout: Int = 20, trustsPeer: Bool = true
  ) -> LocalClient {
    LocalClient(address, timeout: timeout) { _ in trustsPeer }
  }

  private func reason(_ client: LocalClient) -> LocalClient.Failure.Reason? {
    do throws(LocalClient.Failure) {
      _ = try client.send("GET", "/")
      return nil
    } catch {
      return error.reason
    }
  }

  @Test func `It asks our own server, over TCP and over a unix socket`() async throws {
    let directory = try SocketDirectory()
    for address in [ListenAddress.tcp(host: "127.0.0.1", port: 0), .unix(path: "\(directory.path)/socket")] {
      let live = try LiveServer(on: address)
      let response = try client(live.address).send("GET", "/path?a=b")
      #expect(response.status == 200)
      #expect(response.body.exposed.hasPrefix("GET /path"))
      await live.shutdown()
    }
  }

  @Test func `It sends one request, its fields in order, and asks for the connection's end`() throws {
    let server = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.respond("{}")
    }
    let address = ListenAddress.tcp(host: "127.0.0.1", port: server.port)
    _ = try client(address).send("GET", "/x", fields: [("A", Secret("1")), ("B", Secret("2"))])
    #expect(
      server.requests == [
        "GET /x HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nConnection: close\r\nA: 1\r\nB: 2\r\n\r\n"
      ])
  }

  @Test func `A POST says that it has no content, and the answer to HEAD has none`() async throws {
    let server = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.respond("{}")
    }
    let address = ListenAddress.tcp(host: "127.0.0.1", port: server.port)
    _ = try client(address).send("POST", "/x")
    #expect(server.requests.first?.contains("\r\nContent-Length: 0\r\n") == true)
    let live = try LiveServer()
    let head = try client(live.address).send("HEAD", "/path")
    #expect(head.status == 200)
    #expect(head.body.isEmpty)
    #expect(head["Content-Length"] != "0")
    await live.shutdown()
  }

  @Test func `A socket's owner who is not trusted is sent nothing`() async throws {
    let directory = try SocketDirectory()
    let live = try LiveServer(on: .unix(path: "\(directory.path)/socket"))
    #expect(reason(client(live.address, trustsPeer: false)) == .untrustedPeer)
    await live.shutdown()
  }

  @Test func `The peer's user is the kernel's word`() async throws {
    let directory = try SocketDirectory()
    let live = try LiveServer(on: .unix(path: "\(directory.path)/socket"))
    let owner = geteuid()
    let response = try LocalClient(live.address, timeout: 20) { $0 == owner }.send("GET", "/")
    #expect(response.status == 200)
    await live.shutdown()
  }

  @Test func `Where nobody listens nobody is reached`() throws {
    let directory = try SocketDirectory()
    #expect(reason(client(.unix(path: "\(directory.path)/missing"))) == .unreachable)
    #expect(reason(client(.tcp(host: "127.0.0.1", port: 1))) == .unreachable)
  }

  @Test func `A server that closes early, or says too much, gives no response`() {
    let closing = LoopbackServer { _ = $0.readRequest() }
    #expect(reason(client(.tcp(host: "127.0.0.1", port: closing.port))) == .badResponse)
    let endless = LoopbackServer { connection in
      _ = connection.readRequest()
      while connection.write(String(repeating: "x", count: 65_536)) {}
    }
    #expect(reason(client(.tcp(host: "127.0.0.1", port: endless.port))) == .badResponse)
  }

  @Test func `A server that says nothing is waited for no longer than allowed`() {
    let silent = LoopbackServer { $0.waitForClose() }
    #expect(reason(client(.tcp(host: "127.0.0.1", port: silent.port), timeout: 1)) == .timedOut)
  }
}
