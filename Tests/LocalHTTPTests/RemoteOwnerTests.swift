import Glibc
import System
import TestSupport
import Testing

@testable import LocalHTTP

/// Whose the other end of a TCP connection is, as this machine's kernel says.
struct RemoteOwnerTests {
  @Test("The kernel names the user of a loopback connection", arguments: ["127.0.0.1:0", "[::1]:0"])
  func own(address: String) throws {
    let connection = try Loopback(address)
    #expect(connection.accepted.remoteOwner() == geteuid())
    connection.client?.finishSending()
    #expect(connection.accepted.remoteOwner() == geteuid(), "one direction has ended")
  }

  @Test("A listener of IPv6 knows the user of an IPv4 client")
  func mapped() throws {
    let descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    let open = Socket(adopting: descriptor)
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    let status = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
      }
    }
    try #require(status == 0 && listen(descriptor, 1) == 0)
    guard case .tcp(_, let port) = try SocketAddress(boundTo: open).listenAddress else { throw Missing() }
    let client = try RawClient(.tcp(host: "127.0.0.1", port: port))
    var peer = SocketAddress()
    let accepted = try #require(try open.accept(from: &peer))
    #expect(accepted.remoteOwner() == geteuid())
    #expect(peer.endpoint?.description.hasPrefix("127.0.0.1:") == true)
    client.finishSending()
  }

  @Test("A client that has closed its socket is nobody, although the kernel says root")
  func closed() throws {
    let connection = try Loopback("127.0.0.1:0")
    connection.client = nil
    #expect(connection.accepted.remoteOwner() == nil)
  }

  @Test("A connection that was closed here is nobody's")
  func closedHere() throws {
    let connection = try Loopback("127.0.0.1:0")
    connection.accepted.close()
    #expect(connection.accepted.remoteOwner() == nil)
  }

  @Test("The kernel is asked once a connection, and what it said is kept")
  func kept() throws {
    let connection = try Loopback("127.0.0.1:0")
    let client = try Client(of: connection.accepted, at: SocketAddress(ofPeerOf: connection.accepted))
    #expect(client.uid == geteuid())
    connection.client = nil
    #expect(client.uid == geteuid())
  }

  @Test("Another user is known by TCP", .enabled(if: geteuid() == 0, "needs root"))
  func other() async throws {
    let server = try LiveServer()
    guard case .tcp(_, let port) = server.address else { throw Missing() }
    let script = "exec 3<>/dev/tcp/127.0.0.1/\(port); printf 'GET /uid HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"
    let command = ["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups", "bash", "-c", script]
    let output = try await RawClient.onThread { ChildProcess.run(command).output }
    #expect(output.hasSuffix("uid 12345 pid none"), "\(output)")
    await server.shutdown()
  }

  @Test("The process at the other end of a unix socket is known")
  func process() async throws {
    let directory = try SocketDirectory()
    let server = try LiveServer(on: .unix(path: "\(directory.path)/s"))
    let text = try await RawClient.with(server.address) { client in
      try client.send("GET /uid HTTP/1.1\r\nHost: localhost\r\n\r\n")
      return try client.readResponse().text
    }
    #expect(text == "uid \(geteuid()) pid \(getpid())")
    await server.shutdown()
  }

  private struct Missing: Error {}

  /// Both ends of a TCP connection.
  private final class Loopback {
    var client: RawClient?
    let accepted: Socket

    init(_ address: String) throws {
      let listening = try ListeningSocket.bind(to: ListenAddress(parsing: address))
      client = try RawClient(listening.boundAddress)
      var peer = SocketAddress()
      accepted = try #require(try listening.socket.accept(from: &peer))
    }
  }
}
