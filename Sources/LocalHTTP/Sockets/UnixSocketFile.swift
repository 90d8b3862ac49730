internal import CLinux
internal import Glibc
internal import System

/// The file through which a unix socket is reached.
struct UnixSocketFile: Sendable {
  private let path: String
  private let device: UInt
  private let inode: UInt

  /// Makes the file at `path`, where a dead process may have left one, and binds `socket` to it.
  ///
  /// Linux gives the new file the mode that the unbound socket has, so that it never exists with a wider one. Group and
  /// mode are then set by descriptor: whoever may write to the directory cannot have another file changed. Nobody can
  /// connect before `listen`, which is the caller's next step. Fails with `ENOTSOCK` when another kind of file is there.
  static func bind(
    _ socket: Socket, _ address: SocketAddress, path: String, mode: UInt32, group: UInt32?
  ) throws(SystemError) -> UnixSocketFile {
    try removeStale(path, address)
    _ = try SystemError.check("fchmod") { fchmod(socket.descriptor, 0o600) }
    try socket.bind(to: address)
    let descriptor = try SystemError.check("open") {
      unsafe open(path, fedbroker_path_only | O_NOFOLLOW | O_CLOEXEC)
    }
    defer { close(descriptor) }
    var status = stat()
    _ = try SystemError.check("fstat") { unsafe fstat(descriptor, &status) }
    guard status.st_mode & S_IFMT == S_IFSOCK, status.st_uid == geteuid() else {
      throw SystemError(call: "bind", code: EPERM)
    }
    let file = UnixSocketFile(path: path, device: status.st_dev, inode: status.st_ino)
    do {
      if let group { _ = try SystemError.check("chown") { fedbroker_change_group(descriptor, group) } }
      if status.st_mode & 0o777 != mode {
        // By this name chmod(2) takes a descriptor that is for the path only.
        _ = try SystemError.check("chmod") { unsafe chmod("/proc/self/fd/\(descriptor)", mode) }
      }
    } catch {
      file.remove()
      throw error
    }
    return file
  }

  /// Removes the file unless another process has put its own there.
  ///
  /// To be called while the socket is open, which keeps the file's number from being used for another.
  func remove() {
    guard let status = try? Self.status(of: path), status.st_dev == device, status.st_ino == inode else { return }
    _ = unsafe unlink(path)
  }

  private static func removeStale(_ path: String, _ address: SocketAddress) throws(SystemError) {
    guard let status = try status(of: path) else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw SystemError(call: "bind", code: ENOTSOCK) }
    guard try isDead(address) else { throw SystemError(call: "bind", code: EADDRINUSE) }
    _ = try SystemError.check("unlink") { unsafe unlink(path) }
  }

  /// `nil` when nothing is there.
  private static func status(of path: String) throws(SystemError) -> stat? {
    var status = stat()
    guard unsafe lstat(path, &status) != 0 else { return status }
    guard errno == ENOENT else { throw .last("lstat") }
    return nil
  }

  /// Whether nobody listens there, as an attempt to connect shows.
  ///
  /// A full backlog (`EAGAIN`) is a living server's.
  private static func isDead(_ address: SocketAddress) throws(SystemError) -> Bool {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let probe = Socket(adopting: try SystemError.check("socket") { socket(AF_UNIX, type, 0) })
    let result = unsafe address.withPointer { unsafe connect(probe.descriptor, $0, $1) }
    guard result != 0 else { return false }
    switch errno {
    case ECONNREFUSED: return true
    case EAGAIN, EINPROGRESS: return false
    default: throw .last("connect")
    }
  }
}
