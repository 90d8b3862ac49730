internal import Glibc
internal import Secrets

/// A file read as a whole, with what tells later whether it is still the same.
struct FileContents: Sendable {
  /// Changes when the file is written or another one takes its place.
  struct Stamp: Sendable, Equatable {
    let modified: Int64
    let size: Int64
    let inode: UInt64
    let device: UInt64
  }

  /// Why a file that is there cannot be read.
  struct ReadError: Error {
    let reason: String
  }

  /// More than any configuration has.
  static let maxSize: Int64 = 4 << 20

  let bytes: Secret
  let stamp: Stamp

  /// `nil` where there is no file, or none that we may look at, as botocore treats it.
  static func stamp(of path: String) -> Stamp? {
    var status = Glibc.stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Stamp(status)
  }

  init(path: String) throws(ReadError) {
    // A named pipe that took the file's place would block without O_NONBLOCK.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw ReadError(reason: String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var status = Glibc.stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw ReadError(reason: "not a regular file")
    }
    guard status.st_size <= Self.maxSize else { throw ReadError(reason: "larger than 4 MiB") }
    stamp = Stamp(status)
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

extension FileContents.Stamp {
  fileprivate init(_ status: stat) {
    modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    size = Int64(status.st_size)
    inode = UInt64(status.st_ino)
    device = UInt64(status.st_dev)
  }
}
