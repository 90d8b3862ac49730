internal import CLinux
internal import Glibc

/// A real server, Debian's redis-server, of a test's own; ended when the value goes.
package final class RedisServer: Sendable {
  package let port: UInt16
  package let directory = ScratchDirectory()
  private let process: ChildProcess
  private let isEncrypted: Bool

  /// The path of its unix socket.
  package var socketPath: String { "\(directory.path)/redis.sock" }

  /// Starts a server on loopback, and waits until it takes connections.
  ///
  /// - Parameters:
  ///   - tls: Certificate and key of that name; `nil` for plain TCP.
  ///   - port: `nil` picks a free one.
  ///   - options: Further options, such as `--maxmemory`, `1mb`.
  package init(
    tls: (fixture: TLSFixture, certificate: String)? = nil, port: UInt16? = nil, _ options: String...
  ) {
    let port = port ?? Self.freePort()
    self.port = port
    isEncrypted = tls != nil
    var command = [
      "redis-server", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", directory.path,
      "--unixsocket",
      "\(directory.path)/redis.sock", "--unixsocketperm", "700",
    ]
    if let tls {
      command += [
        "--port", "0", "--tls-port", "\(port)", "--tls-cert-file", tls.fixture.path("\(tls.certificate).pem"),
        "--tls-key-file", tls.fixture.path("\(tls.certificate).key"), "--tls-ca-cert-file", tls.fixture.path("ca.pem"),
        "--tls-auth-clients", "no",
      ]
    } else {
      command += ["--port", "\(port)"]
    }
    process = ChildProcess(command + options)
    while let line = process.readLine() {
      if line.contains("Ready to accept connections") { return }
    }
    preconditionFailure("redis-server did not start")
  }

  /// Runs a command by redis-cli over the unix socket, and returns what it prints, without the last line end.
  @discardableResult
  package func command(_ arguments: String...) -> String { command(arguments) }

  @discardableResult
  package func command(_ arguments: [String]) -> String {
    let output = ChildProcess.run(["redis-cli", "-s", socketPath] + arguments).output
    return output.hasSuffix("\n") ? String(output.dropLast()) : output
  }

  package func signal(_ number: Int32) { kill(process.pid, number) }

  /// A port on which nothing listens now.
  package static func freePort() -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
        precondition(bind(descriptor, name, size) == 0 && getsockname(descriptor, name, &size) == 0)
      }
      return UInt16(bigEndian: pointer.pointee.sin_port)
    }
  }
}
