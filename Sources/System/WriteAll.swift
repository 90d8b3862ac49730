internal import Glibc

extension Span<UInt8> {
  /// Writes all bytes to `descriptor`: through interruptions and partial writes, and waiting for room where the
  /// descriptor does not block.
  package func writeAll(to descriptor: Int32) throws(SystemError) {
    var start = 0
    while start < count {
      let written = try SystemError.checkUnlessBlocked("write") {
        unsafe extracting(start..<count).withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
      }
      if let written {
        start += written
      } else {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        unsafe _ = poll(&waiting, 1, -1)
      }
    }
  }
}
