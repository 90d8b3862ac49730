internal import CLinux
internal import Glibc

/// The socket on which a service manager hears from its services (sd_notify(3)).
///
/// Every wait ends with an error after 20 seconds, so that a test fails rather than hangs.
package final class NotifySocket: Sendable {
  package struct NothingCame: Error {}

  /// For `NOTIFY_SOCKET`: a path, or `@` and a name in the abstract namespace.
  package let name: String
  private let descriptor: Int32

  package init(_ name: String) {
    self.name = name
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var time = timeval(tv_sec: 120, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(name.utf8)
    withUnsafeMutableBytes(of: &address.sun_path) { path in
      path.copyBytes(from: bytes)
      if name.hasPrefix("@") { path[0] = 0 }
    }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    let result = withUnsafeBytes(of: &address) {
      bind(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), length)
    }
    precondition(result == 0, "bind to \(name): errno \(errno)")
  }

  deinit {
    close(descriptor)
  }

  /// Waits for the next message, whose lines are its variables.
  package func next() async throws -> [String: String] {
    try await RawClient.onThread { try self.receive() }
  }

  /// Waits for the next message that sets the variable, and leaves out those before it.
  package func next(_ variable: String) async throws -> [String: String] {
    while true {
      let message = try await next()
      if message[variable] != nil { return message }
    }
  }

  /// Whether a message is there already.
  package var isEmpty: Bool {
    var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&event, 1, 0) == 0
  }

  private func receive() throws -> [String: String] {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count >= 0 else { throw NothingCame() }
    let lines = String(decoding: buffer.prefix(count), as: UTF8.self).split(separator: "\n")
    return Dictionary(
      lines.map { line in
        let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
      }, uniquingKeysWith: { $1 })
  }
}
