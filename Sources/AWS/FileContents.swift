internal import Glibc
internal import Secrets

/// A file read as a whole, with what tells later whether it is still the same.
struct FileContents: Sendable {
  /// Why a file that is there cannot be read.
  struct ReadError: Error {
    let reason: String
  }

  /// More than any configuration has.
  static let maxSize: Int64 = 4 << 20

  let bytes: Secret
  let stamp: FileStamp

  init(path: String) throws(ReadError) {
    // A named pipe that took the file's place would block without O_NONBLOCK.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw ReadError(reason: String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, let stamp = FileStamp(status) else {
      throw ReadError(reason: "not a regular file")
    }
    guard status.st_size <= Self.maxSize else { throw ReadError(reason: "larger than 4 MiB") }
    self.stamp = stamp
    bytes = try Self.read(descriptor, expecting: Int(status.st_size))
  }

  private static func read(_ descriptor: Int32, expecting size: Int) throws(ReadError) -> Secret {
    try Secret(capacity: size + 1) { (builder) throws(ReadError) in
      var isAtEnd = false
      while !isAtEnd {
        try builder.append(capacity: 4096) { (room) throws(ReadError) in
          let count = Glibc.read(descriptor, room.baseAddress, room.count)
          guard count >= 0 || errno == EINTR else { throw ReadError(reason: String(cString: strerror(errno))) }
          isAtEnd = count == 0
          return max(0, count)
        }
        guard builder.count <= maxSize else { throw ReadError(reason: "larger than 4 MiB") }
      }
    }
  }
}
