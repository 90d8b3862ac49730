internal import CLinux
internal import Glibc
internal import System

extension Socket {
  /// Returns the user of the program at the other end of a loopback TCP connection; `nil` where the kernel does not say.
  ///
  /// The kernel does not say it of a socket of another network namespace, of one that is closed already, or where it
  /// lacks `NETLINK_SOCK_DIAG`. A netlink request waits for nothing: the kernel has looked the one socket up and queued its
  /// answer when `send` returns, within some microseconds. (The first request of a boot may load a module of the kernel.)
  func remoteOwner() -> UInt32? {
    guard let local = try? SocketAddress(boundTo: self).endpoint,
      let remote = try? SocketAddress(ofPeerOf: self).endpoint, local.isLoopback, remote.isLoopback,
      let entry = try? Self.diagnose(local: remote, remote: local), entry.local == remote, entry.remote == local,
      entry.isHeldAndConnected, isConnected
    else { return nil }
    return entry.uid == UserID.overflow ? nil : entry.uid
  }

  /// Whether this end has not been reset.
  ///
  /// As long as it has not, no other program can have the other end's address and port: what the kernel said was said of
  /// the right one.
  private var isConnected: Bool {
    var state: UInt8 = 0
    var size = socklen_t(MemoryLayout<UInt8>.size)
    // The first byte of struct tcp_info.
    return unsafe getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &state, &size) == 0
      && SocketDiagnosis.connectedStates.contains(state)
  }

  private static func diagnose(local: TCPEndpoint, remote: TCPEndpoint) throws(SystemError) -> SocketDiagnosis.Entry? {
    let netlink = Socket(
      adopting: try SystemError.check("socket") {
        socket(AF_NETLINK, Int32(SOCK_RAW.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), NETLINK_SOCK_DIAG)
      })
    var kernel = sockaddr_nl()
    kernel.nl_family = sa_family_t(AF_NETLINK)
    // Connected, so that nobody but the kernel can answer.
    _ = try unsafe withUnsafePointer(to: kernel) { (pointer) throws(SystemError) in
      try unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { (pointer) throws(SystemError) in
        try SystemError.check("connect") {
          unsafe connect(netlink.descriptor, pointer, socklen_t(MemoryLayout<sockaddr_nl>.size))
        }
      }
    }
    // The socket is new and has one answer, so any number tells it.
    let sequence: UInt32 = 1
    let request = SocketDiagnosis.request(local: local, remote: remote, sequence: sequence)
    try SystemError.check("send") { unsafe Glibc.send(netlink.descriptor, request, request.count, 0) }
    var answer = [UInt8](repeating: 0, count: SocketDiagnosis.longestAnswer)
    let count = try SystemError.checkUnlessBlocked("recv") {
      unsafe recv(netlink.descriptor, &answer, answer.count, 0)
    }
    guard let count else { return nil }
    return SocketDiagnosis.entry(in: answer.span.extracting(0..<count), sequence: sequence)
  }
}
