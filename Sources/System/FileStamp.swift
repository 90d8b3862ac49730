internal import Glibc

/// Identifies one state of a regular file: it differs once the file is written, replaced or given another mode.
package struct FileStamp: Sendable, Hashable {
  /// Nanoseconds of `st_ctime`, which cannot be set back as `st_mtime` can.
  private let changed: Int64
  private let size: Int64
  private let inode: UInt64
  private let device: UInt64

  /// Returns `nil` if there is no regular file at `path`, or none that this process may look at.
  package init?(of path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// Returns `nil` for anything but a regular file.
  init?(_ status: stat) {
    guard status.st_mode & S_IFMT == S_IFREG else { return nil }
    changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
    size = Int64(status.st_size)
    inode = UInt64(status.st_ino)
    device = UInt64(status.st_dev)
  }
}
