package import Glibc
package import Secrets

/// Writes files that only their owner may read: the one place where files are written.
///
/// The bytes go to a new file beside `path`, which then takes that name, so that no reader sees it half written.
package enum PrivateFile {
  /// Puts a file of mode 0600 in the place of `path` in one step, and returns its stamp.
  @discardableResult
  package static func replace(_ path: String, with bytes: Secret) throws(SystemError) -> FileStamp {
    try write(bytes, beside: path, group: nil) { (temporary) throws(SystemError) in
      try SystemError.check("rename") { unsafe rename(temporary, path) }
    }
  }

  /// Makes the file `path`; throws `EEXIST` if there is one.
  ///
  /// - Parameter group: The group that may read it too, which makes its mode 0640; `nil` for 0600.
  @discardableResult
  package static func create(_ path: String, _ bytes: Secret, group: gid_t? = nil) throws(SystemError) -> FileStamp {
    try write(bytes, beside: path, group: group) { (temporary) throws(SystemError) in
      defer { unsafe unlink(temporary) }
      try SystemError.check("link") { unsafe link(temporary, path) }
    }
  }

  /// Lets the members of `group` read the file `path`, whose mode becomes 0640.
  ///
  /// Throws `EPERM` of `fchown` if this process is not in the group.
  package static func share(_ path: String, with group: gid_t) throws(SystemError) {
    let descriptor = try SystemError.check("open") { unsafe open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
    defer { close(descriptor) }
    try share(descriptor, with: group)
  }

  private static func share(_ descriptor: Int32, with group: gid_t) throws(SystemError) {
    try SystemError.check("fchown") { fchown(descriptor, .max, group) }
    try SystemError.check("fchmod") { fchmod(descriptor, 0o640) }
  }

  /// Makes the missing directories above `path`, with mode 0700.
  package static func createDirectories(above path: String) throws(FileError) {
    var missing: [String] = []
    var directory = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
    while !directory.isEmpty, unsafe access(String(directory), F_OK) != 0, let parent = directory.lastIndex(of: "/") {
      missing.append(String(directory))
      directory = directory[..<parent]
    }
    for directory in missing.reversed() where unsafe mkdir(directory, 0o700) != 0 && errno != EEXIST {
      throw FileError(path: directory, reason: .system(.last("mkdir")))
    }
  }

  private static func write(
    _ bytes: Secret, beside path: String, group: gid_t?, giveName: (String) throws(SystemError) -> Void
  ) throws(SystemError) -> FileStamp {
    let temporary = "\(path).\(RandomBytes.hexadecimal(count: 8)).tmp"
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let descriptor = try SystemError.check("open") { unsafe open(temporary, flags, 0o600) }
    defer { close(descriptor) }
    do {
      try bytes.withBytes { (bytes) throws(SystemError) in try bytes.writeAll(to: descriptor) }
      if let group { try share(descriptor, with: group) }
      try SystemError.check("fsync") { fsync(descriptor) }
      try giveName(temporary)
    } catch {
      unsafe unlink(temporary)
      throw error
    }
    // Asked of the open file: another writer may have taken the path since.
    var status = stat()
    try SystemError.check("fstat") { unsafe fstat(descriptor, &status) }
    guard let stamp = FileStamp(status) else { throw SystemError(call: "fstat", code: EINVAL) }
    return stamp
  }
}
