internal import Glibc

/// A file to which one writer appends whole lines, and which others may move away or remove meanwhile.
///
/// Blocks while the disk does. Closed by `close`.
package struct AppendedFile: Sendable {
  private struct Open {
    let descriptor: Int32
    let device: UInt64
    let inode: UInt64
    /// Whether the last line of the file is not whole: the disk was full, or the machine stopped.
    var isMidLine: Bool
  }

  package let path: String
  private var open: Open?

  package init(path: String) {
    self.path = path
  }

  /// Appends a line, to a new file of mode 0640 where there is none at the path any more.
  ///
  /// - Parameter line: Without its line feed.
  package mutating func append(_ line: [UInt8]) throws(SystemError) {
    try openWhereNeeded()
    guard var file = open else { return }
    let bytes = (file.isMidLine ? [UInt8(ascii: "\n")] : []) + line + [UInt8(ascii: "\n")]
    var written = 0
    defer { open?.isMidLine = written == 0 ? file.isMidLine : written < bytes.count }
    while written < bytes.count {
      written += try SystemError.check("write") {
        unsafe bytes[written...].withUnsafeBytes { unsafe write(file.descriptor, $0.baseAddress, $0.count) }
      }
    }
    file.isMidLine = false
  }

  /// Opens the file, which is made where it is missing, unless the one that is open is still at the path.
  package mutating func openWhereNeeded() throws(SystemError) {
    if let open {
      var status = stat()
      if unsafe lstat(path, &status) == 0, UInt64(status.st_dev) == open.device, UInt64(status.st_ino) == open.inode {
        return
      }
      close()
    }
    open = try Self.open(path)
  }

  package mutating func close() {
    if let open { _ = Glibc.close(open.descriptor) }
    open = nil
  }

  private static func open(_ path: String) throws(SystemError) -> Open {
    // Not a named pipe, whose reader could stop the writer, nor a link, whose owner would choose the file.
    let flags = O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
    var descriptor = unsafe Glibc.open(path, flags)
    if descriptor < 0, errno == ENOENT {
      descriptor = unsafe Glibc.open(path, flags | O_CREAT | O_EXCL, 0o640)
      // Whatever the umask says.
      if descriptor >= 0 { _ = fchmod(descriptor, 0o640) }
    }
    guard descriptor >= 0 else { throw .last("open") }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      _ = Glibc.close(descriptor)
      throw SystemError(call: "open", code: EINVAL)
    }
    var last = UInt8(ascii: "\n")
    if status.st_size > 0 { unsafe _ = pread(descriptor, &last, 1, status.st_size - 1) }
    return Open(
      descriptor: descriptor, device: UInt64(status.st_dev), inode: UInt64(status.st_ino),
      isMidLine: last != UInt8(ascii: "\n"))
  }
}
