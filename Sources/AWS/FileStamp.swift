internal import Glibc

/// What tells one state of a file from another: it changes when the file is written, replaced or given another mode.
package struct FileStamp: Sendable, Equatable {
  /// Nanoseconds of `st_ctime`, which nobody can set back as they can `st_mtime`.
  private let changed: Int64
  private let size: Int64
  private let inode: UInt64
  private let device: UInt64

  /// `nil` where there is no regular file, or none that we may look at.
  package init?(of path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// `nil` for what is no regular file.
  init?(_ status: stat) {
    guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
    size = Int64(status.st_size)
    inode = UInt64(status.st_ino)
    device = UInt64(status.st_dev)
  }
}
