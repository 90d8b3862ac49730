internal import CLinux
internal import Glibc
internal import System

/// A socket that accepts connections.
///
/// Safe to use from any thread. Closing it removes the file of a unix socket, if `bind` made it.
package final class ListeningSocket: Sendable {
  let socket: Socket
  /// With the port that the kernel picked, where 0 was asked for.
  package let boundAddress: ListenAddress
  private let file: UnixSocketFile?

  private init(_ socket: Socket, _ boundAddress: ListenAddress, file: UnixSocketFile?) {
    self.socket = socket
    self.boundAddress = boundAddress
    self.file = file
  }

  deinit {
    close()
  }

  /// Listens on `address`.
  ///
  /// `hopLimit` is the IP time to live of everything sent (1 keeps it on this machine). `mode` and `group` are those of
  /// a unix socket's file, which has them before a client can connect. A file left by a dead process is replaced, that
  /// of a live one is not.
  package static func bind(
    to address: ListenAddress, hopLimit: Int32? = nil, mode: UInt32 = 0o600, group: UInt32? = nil
  ) throws(ListenError) -> ListeningSocket {
    do throws(SystemError) {
      guard let socketAddress = SocketAddress(address) else { throw SystemError(call: "bind", code: EINVAL) }
      let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
      let socket = Socket(
        adopting: try SystemError.check("socket") { Glibc.socket(socketAddress.family, type, 0) })
      switch address {
      case .tcp:
        try socket.setOption(SOL_SOCKET, SO_REUSEADDR, 1)
        if socketAddress.family == AF_INET6 { try socket.setOption(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
        try socket.bind(to: socketAddress)
        try socket.setInheritedOptions(socketAddress.family, hopLimit: hopLimit)
        try socket.listen()
        let bound = try SocketAddress(boundTo: socket)
        return ListeningSocket(socket, bound.listenAddress ?? address, file: nil)
      case .unix(let path):
        let file = try UnixSocketFile.bind(socket, socketAddress, path: path, mode: mode, group: group)
        try socket.listen()
        return ListeningSocket(socket, address, file: file)
      }
    } catch {
      throw ListenError(error, subject: address.description)
    }
  }

  /// Throws if a descriptor is not a socket that `adopt` takes; leaves it to whoever has it.
  ///
  /// A count of descriptors that is too high reaches those that this process has for itself: closing these ends it.
  package static func check(descriptor: Int32) throws(ListenError) {
    var isListening: Int32 = 0
    var type: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &size) == 0, isListening == 1,
      unsafe getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0, type == Int32(SOCK_STREAM.rawValue)
    else { throw ListenError(reason: .notListening, subject: "inherited descriptor \(descriptor)") }
  }

  /// Takes over a listening socket that another process made, and gave to this one (systemd's `LISTEN_FDS`).
  ///
  /// The file of a unix socket stays when the socket is closed: it belongs to the process that made it.
  package static func adopt(descriptor: Int32, hopLimit: Int32? = nil) throws(ListenError) -> ListeningSocket {
    let socket = Socket(adopting: descriptor)
    let subject = "inherited descriptor \(descriptor)"
    do throws(SystemError) {
      let bound = try SocketAddress(boundTo: socket)
      guard let address = bound.listenAddress, try socket.option(SOL_SOCKET, SO_ACCEPTCONN) == 1,
        try socket.option(SOL_SOCKET, SO_TYPE) == Int32(SOCK_STREAM.rawValue)
      else { throw SystemError(call: "listen", code: ENOTSOCK) }
      try socket.setFlags()
      try socket.setInheritedOptions(bound.family, hopLimit: hopLimit)
      return ListeningSocket(socket, address, file: nil)
    } catch {
      guard error.code != ENOTSOCK else { throw ListenError(reason: .notListening, subject: subject) }
      throw ListenError(error, subject: subject)
    }
  }

  /// Stops to accept connections, and removes the file that `bind` made.
  package func close() {
    removeFile()
    socket.close()
  }

  func removeFile() {
    file?.remove()
  }
}

extension ListenError {
  init(_ error: SystemError, subject: String) {
    let reason: Reason =
      switch error.code {
      case EADDRINUSE: .addressInUse
      case EACCES, EPERM: .noPermission
      case ENOTSOCK: .notASocket
      default: .system(error)
      }
    self.init(reason: reason, subject: subject)
  }
}

extension Socket {
  /// Connections that the kernel holds ready; it caps the number at `net.core.somaxconn`.
  private static let backlog: Int32 = 4096

  /// Bytes of answers on their way to one client, some dozens; the kernel takes as much again for its bookkeeping.
  private static let sendBuffer: Int32 = 64 << 10

  fileprivate func listen() throws(SystemError) {
    _ = try SystemError.check("listen") { Glibc.listen(descriptor, Self.backlog) }
  }

  func bind(to address: SocketAddress) throws(SystemError) {
    _ = try unsafe address.withPointer { (pointer, length) throws(SystemError) in
      try SystemError.check("bind") { unsafe Glibc.bind(descriptor, pointer, length) }
    }
  }

  /// Sets what accepted TCP connections inherit from their listener on Linux.
  fileprivate func setInheritedOptions(_ family: Int32, hopLimit: Int32?) throws(SystemError) {
    guard family != AF_UNIX else { return }
    // An answer is one write: there is nothing to wait for (RFC 896).
    try setOption(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    // Left alone, the kernel would hold megabytes for each client that asks and does not read.
    try setOption(SOL_SOCKET, SO_SNDBUF, Self.sendBuffer)
    guard let hopLimit else { return }
    if family == AF_INET6 {
      try setOption(Int32(IPPROTO_IPV6), IPV6_UNICAST_HOPS, hopLimit)
    } else {
      try setOption(Int32(IPPROTO_IP), IP_TTL, hopLimit)
    }
  }

  fileprivate func setFlags() throws(SystemError) {
    let flags = try SystemError.check("fcntl") { fcntl(descriptor, F_GETFL) }
    _ = try SystemError.check("fcntl") { fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) }
    _ = try SystemError.check("fcntl") { fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
  }
}
