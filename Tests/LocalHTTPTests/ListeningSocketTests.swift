import Glibc
import System
import TestSupport
import Testing

@testable import LocalHTTP

@Suite struct ListeningSocketTests {
  @Test("port 0 becomes the port that the kernel picked", arguments: ["127.0.0.1", "::1"])
  func portZero(_ host: String) throws {
    let socket = try ListeningSocket.bind(to: .tcp(host: host, port: 0))
    guard case .tcp(host, let port) = socket.boundAddress else {
      Issue.record("bound to \(socket.boundAddress)")
      return
    }
    #expect(port > 0)
  }

  @Test("an address that another socket listens on is in use")
  func tcpInUse() throws {
    let first = try ListeningSocket.bind(to: .tcp(host: "127.0.0.1", port: 0))
    let error = #expect(throws: ListenError.self) { try ListeningSocket.bind(to: first.boundAddress) }
    #expect(error?.reason == .addressInUse)
    #expect(error?.description.contains("\(first.boundAddress)") == true)
  }

  @Test("an address of another machine cannot be listened on")
  func foreignAddress() {
    let error = #expect(throws: ListenError.self) {
      try ListeningSocket.bind(to: .tcp(host: "203.0.113.1", port: 0))
    }
    #expect(error?.reason == .system(SystemError(call: "bind", code: EADDRNOTAVAIL)))
  }

  @Test("the hop limit is set on what is listened on", arguments: ["127.0.0.1", "::1"])
  func hopLimit(_ host: String) throws {
    let listening = try ListeningSocket.bind(to: .tcp(host: host, port: 0), hopLimit: 1)
    defer { listening.close() }
    let socket = listening.socket
    let option = host == "::1" ? (Int32(IPPROTO_IPV6), IPV6_UNICAST_HOPS) : (Int32(IPPROTO_IP), IP_TTL)
    #expect(try socket.option(option.0, option.1) == 1)
    #expect(try socket.option(Int32(IPPROTO_TCP), TCP_NODELAY) != 0)
  }

  @Test("a unix socket's file has its mode and goes when the socket does", arguments: [0o600, 0o660])
  func unixMode(_ mode: UInt32) throws {
    let directory = try SocketDirectory()
    let path = directory.path + "/s"
    let socket = try ListeningSocket.bind(to: .unix(path: path), mode: mode, group: getgid())
    #expect(try status(path).st_mode == S_IFSOCK | mode)
    #expect(try status(path).st_gid == getgid())
    socket.close()
    #expect(access(path, F_OK) != 0)
  }

  @Test("the file of a dead server is replaced, that of a live one is not")
  func unixInUse() throws {
    let directory = try SocketDirectory()
    let path = directory.path + "/s"
    let dead = try ListeningSocket.bind(to: .unix(path: path))
    // As after a crash: the socket is gone and its file is not.
    dead.socket.close()
    let live = try ListeningSocket.bind(to: .unix(path: path))
    let error = #expect(throws: ListenError.self) { try ListeningSocket.bind(to: .unix(path: path)) }
    #expect(error?.reason == .addressInUse)
    live.close()
  }

  @Test("a server leaves a file alone that another has put in its place")
  func replaced() throws {
    let directory = try SocketDirectory()
    let path = directory.path + "/s"
    let first = try ListeningSocket.bind(to: .unix(path: path))
    unlink(path)
    let second = try ListeningSocket.bind(to: .unix(path: path))
    first.close()
    #expect(access(path, F_OK) == 0)
    second.close()
    #expect(access(path, F_OK) != 0)
  }

  @Test("a file that is not a socket is never replaced")
  func notASocket() throws {
    let directory = try SocketDirectory()
    let path = directory.path + "/file"
    close(open(path, O_CREAT | O_WRONLY, 0o600))
    symlink("elsewhere", directory.path + "/link")
    for name in ["file", "link"] {
      let error = #expect(throws: ListenError.self) {
        try ListeningSocket.bind(to: .unix(path: "\(directory.path)/\(name)"))
      }
      #expect(error?.reason == .notASocket)
    }
    #expect(access(path, F_OK) == 0)
  }

  @Test("a directory that is not there is said so")
  func noDirectory() throws {
    let directory = try SocketDirectory()
    let error = #expect(throws: ListenError.self) {
      try ListeningSocket.bind(to: .unix(path: directory.path + "/none/s"))
    }
    #expect(error?.description.contains("No such file or directory") == true)
  }

  @Test("an inherited socket is taken over with its address")
  func adopted() throws {
    let original = try ListeningSocket.bind(to: .tcp(host: "127.0.0.1", port: 0))
    let adopted = try ListeningSocket.adopt(descriptor: dup(original.socket.descriptor), hopLimit: 1)
    #expect(adopted.boundAddress == original.boundAddress)
    #expect(fcntl(adopted.socket.descriptor, F_GETFD) & FD_CLOEXEC != 0)
    #expect(try adopted.socket.option(Int32(IPPROTO_IP), IP_TTL) == 1)
  }

  @Test("an inherited unix socket's file is left to who made it")
  func adoptedUnix() throws {
    let directory = try SocketDirectory()
    let path = directory.path + "/s"
    let original = try ListeningSocket.bind(to: .unix(path: path))
    let adopted = try ListeningSocket.adopt(descriptor: dup(original.socket.descriptor))
    #expect(adopted.boundAddress == .unix(path: path))
    adopted.close()
    #expect(access(path, F_OK) == 0)
  }

  @Test("an inherited descriptor that is no listening socket is refused")
  func adoptedOther() throws {
    let candidates = [
      open("/dev/null", O_RDONLY), socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0),
      socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0),
    ]
    for descriptor in candidates {
      let error = #expect(throws: ListenError.self) { try ListeningSocket.adopt(descriptor: descriptor) }
      #expect(error?.reason == .notListening)
    }
  }

  private func status(_ path: String) throws -> stat {
    var status = stat()
    try #require(lstat(path, &status) == 0)
    return status
  }
}
