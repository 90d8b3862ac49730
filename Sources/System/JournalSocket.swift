internal import CLinux
internal import Glibc

/// The socket of systemd's journal, by its native protocol: one datagram an entry.
///
/// Source: https://systemd.io/JOURNAL_NATIVE_PROTOCOL/. Waits a second at most where the journal is busy.
package struct JournalSocket: Sendable {
  package let path: String
  private var descriptor: Int32?

  package init(path: String = "/run/systemd/journal/socket") {
    self.path = path
  }

  /// Sends an entry.
  ///
  /// Names have capital letters, digits and underscores.
  package mutating func send(_ fields: [(name: String, value: String)]) throws(SystemError) {
    let bytes = Self.datagram(fields)
    let descriptor = try openWhereNeeded()
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw SystemError(call: "sendto", code: ENAMETOOLONG)
    }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    _ = try unsafe withUnsafePointer(to: address) { (pointer) throws(SystemError) in
      try unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { (pointer) throws(SystemError) in
        try SystemError.check("sendto") {
          unsafe sendto(
            descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
    }
  }

  package mutating func close() {
    if let descriptor { _ = Glibc.close(descriptor) }
    descriptor = nil
  }

  private mutating func openWhereNeeded() throws(SystemError) -> Int32 {
    if let descriptor { return descriptor }
    let opened = try SystemError.check("socket") {
      socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }
    var patience = timeval(tv_sec: 1, tv_usec: 0)
    unsafe setsockopt(opened, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    descriptor = opened
    return opened
  }

  /// A value with a line feed has its length before it.
  static func datagram(_ fields: [(name: String, value: String)]) -> [UInt8] {
    var bytes: [UInt8] = []
    for (name, value) in fields {
      bytes += name.utf8
      if value.utf8.contains(UInt8(ascii: "\n")) {
        let length = UInt64(value.utf8.count)
        bytes.append(UInt8(ascii: "\n"))
        for index in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: length >> (index * 8))) }
      } else {
        bytes.append(UInt8(ascii: "="))
      }
      bytes += value.utf8
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }
}
