internal import CLinux
internal import Glibc
internal import Synchronization
internal import System

/// A socket that this process owns; closed when the last reference is released, if not before.
///
/// Its calls do not block. Safe to use from any thread.
final class Socket: Sendable {
  private let openDescriptor: Atomic<Int32>

  /// Takes ownership of `descriptor`, which does not block.
  init(adopting descriptor: Int32) {
    openDescriptor = Atomic(descriptor)
  }

  deinit {
    close()
  }

  /// -1 once closed, which every call then refuses.
  var descriptor: Int32 { openDescriptor.load(ordering: .relaxed) }

  func close() {
    let descriptor = openDescriptor.exchange(-1, ordering: .relaxed)
    // Not again after EINTR: Linux has freed the number by then, and it may be another's.
    if descriptor >= 0 { _ = Glibc.close(descriptor) }
  }

  /// Reads available bytes; returns 0 at the end of the stream, and `nil` when nothing has arrived.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int? {
    try SystemError.checkUnlessBlocked("recv") { unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0) }
  }

  /// Sends `head` and then `content` in one call; returns the number of bytes taken, `nil` when none can be.
  func send(
    _ head: UnsafeRawBufferPointer, _ content: UnsafeRawBufferPointer
  ) throws(SystemError) -> Int? {
    // sendmsg only reads what these point to; its declaration has no `const` there.
    var parts = unsafe (
      iovec(iov_base: UnsafeMutableRawPointer(mutating: head.baseAddress), iov_len: head.count),
      iovec(iov_base: UnsafeMutableRawPointer(mutating: content.baseAddress), iov_len: content.count)
    )
    return try unsafe withUnsafeMutablePointer(to: &parts) { (parts) throws(SystemError) in
      var message = unsafe msghdr()
      unsafe message.msg_iov = UnsafeMutableRawPointer(parts).assumingMemoryBound(to: iovec.self)
      unsafe message.msg_iovlen = content.isEmpty ? 1 : 2
      return try SystemError.checkUnlessBlocked("sendmsg") {
        unsafe sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
      }
    }
  }

  /// Tells the peer that no more will be sent.
  ///
  /// Fails only when the peer is gone, which reading shows too.
  func shutdownWriting() {
    _ = shutdown(descriptor, Int32(SHUT_WR))
  }

  /// Accepts a connection, and writes the address of its other end into `peer`; returns `nil` when none waits.
  func accept(from peer: inout SocketAddress) throws(SystemError) -> Socket? {
    let accepted = try SystemError.checkUnlessBlocked("accept") {
      Int(unsafe peer.withMutablePointer { unsafe fedbroker_accept(descriptor, $0, &$1) })
    }
    return accepted.map { Socket(adopting: Int32($0)) }
  }

  func setOption(_ level: Int32, _ name: Int32, _ value: Int32) throws(SystemError) {
    var value = value
    _ = try SystemError.check("setsockopt") {
      unsafe setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }
  }

  func option(_ level: Int32, _ name: Int32) throws(SystemError) -> Int32 {
    var value: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    _ = try SystemError.check("getsockopt") { unsafe getsockopt(descriptor, level, name, &value, &size) }
    return value
  }

  /// The user at the other end of a unix socket, as of `connect` (`SO_PEERCRED`).
  func peerCredentials() throws(SystemError) -> fedbroker_peer_credentials {
    var credentials = fedbroker_peer_credentials()
    var size = socklen_t(MemoryLayout<fedbroker_peer_credentials>.size)
    _ = try SystemError.check("getsockopt") {
      unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size)
    }
    return credentials
  }

  /// The supplementary groups of the user at the other end of a unix socket, as of `connect` (`SO_PEERGROUPS`).
  func peerGroups() throws(SystemError) -> [UInt32] {
    // Linux allows 65,536 groups a user (NGROUPS_MAX), hardly anyone has more than these; the call says how many it is.
    var groups = [UInt32](repeating: 0, count: 32)
    while true {
      var size = socklen_t(groups.count * MemoryLayout<UInt32>.stride)
      let status = unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, &groups, &size)
      let count = Int(size) / MemoryLayout<UInt32>.stride
      if status == 0 { return Array(groups.prefix(count)) }
      guard errno == ERANGE, count > groups.count else { throw SystemError(call: "getsockopt", code: errno) }
      groups = [UInt32](repeating: 0, count: count)
    }
  }
}
