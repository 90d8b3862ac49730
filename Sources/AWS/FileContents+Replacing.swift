internal import Glibc
internal import Secrets

extension FileContents {
  /// Puts a file of mode 0600 in the place of `path`, in one step: a reader sees the old bytes or the new ones.
  ///
  /// Returns what tells the new file from any that takes its place later.
  static func replace(_ path: String, with bytes: Secret) throws(ReadError) -> FileStamp {
    let random = Digest.hexadecimal((0..<8).map { _ in UInt8.random(in: .min ... .max) })
    let newPath = "\(path).\(random).tmp"
    let descriptor = open(newPath, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .last }
    defer { close(descriptor) }
    do throws(ReadError) {
      try write(bytes, to: descriptor)
      guard fsync(descriptor) == 0, rename(newPath, path) == 0 else { throw .last }
    } catch {
      unlink(newPath)
      throw error
    }
    // Asked of the open file: the path may be another writer's already.
    var status = stat()
    guard fstat(descriptor, &status) == 0, let stamp = FileStamp(status) else { throw .last }
    return stamp
  }

  private static func write(_ bytes: Secret, to descriptor: Int32) throws(ReadError) {
    try bytes.withUnsafeBytes { (bytes) throws(ReadError) in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        guard count >= 0 || errno == EINTR else { throw .last }
        rest = rest.dropFirst(max(0, count))
      }
    }
  }
}

extension FileContents.ReadError {
  fileprivate static var last: Self { Self(reason: String(cString: strerror(errno))) }
}
