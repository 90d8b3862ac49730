package import Glibc
package import Secrets

/// A file, read whole: the one place where files are read.
package struct FileContents: Sendable {
  /// Which kinds of file are read.
  package enum Kind: Sendable {
    /// Regular files only; a named pipe in its place is refused at once.
    case regular
    /// Pipes and devices too, as a command line may name; waits for their writer.
    case any
  }

  /// What is owed to the kernel's access checks: who owns the file, and who may use it.
  package struct Access: Sendable {
    package let owner: uid_t
    package let group: gid_t
    /// The twelve permission bits.
    package let mode: mode_t

    /// Returns the owner of the first symbolic link among the directories that lead to `path`, if it is neither this
    /// user nor root, together with the link.
    ///
    /// Its owner can turn it at any time, and so choose among the files that pass every other check.
    package static func foreignLink(above path: String) -> (link: String, owner: uid_t)? {
      var end = path.startIndex
      while let slash = path[end...].dropFirst().firstIndex(of: "/") {
        end = slash
        var status = stat()
        guard unsafe lstat(String(path[..<slash]), &status) == 0 else { return nil }
        let isForeign = status.st_uid != geteuid() && status.st_uid != 0
        if status.st_mode & S_IFMT == S_IFLNK, isForeign { return (String(path[..<slash]), status.st_uid) }
      }
      return nil
    }

    init(_ status: stat) {
      owner = status.st_uid
      group = status.st_gid
      mode = status.st_mode & 0o7777
    }

    /// Asks the kernel about the directory in which `path` lies.
    package init(ofDirectoryOf path: String) throws(SystemError) {
      let directory = path.lastIndex(of: "/").map { path[...$0] } ?? "."
      var status = stat()
      try SystemError.check("stat") { unsafe stat(String(directory), &status) }
      self.init(status)
    }
  }

  package let bytes: Secret
  /// `nil` for anything but a regular file.
  package let stamp: FileStamp?
  package let access: Access

  /// Whether there is a named pipe at `path`.
  package static func isPipe(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
  }

  /// Reads the file at `path`, of at most `limit` bytes.
  ///
  /// - Parameter followsLinks: `false` refuses a symbolic link in the last component (`ELOOP`): its owner would choose
  ///   the file.
  package init(
    path: String, limit: Int = 4 << 20, kind: Kind = .regular, followsLinks: Bool = true
  ) throws(FileError) {
    let flags = O_RDONLY | O_CLOEXEC | (kind == .regular ? O_NONBLOCK : 0) | (followsLinks ? 0 : O_NOFOLLOW)
    do {
      let descriptor = try SystemError.check("open") { unsafe open(path, flags) }
      defer { close(descriptor) }
      var status = stat()
      try SystemError.check("fstat") { unsafe fstat(descriptor, &status) }
      stamp = FileStamp(status)
      guard kind == .any || stamp != nil else { throw FileError(path: path, reason: .notRegular) }
      guard status.st_size <= limit else { throw FileError(path: path, reason: .tooLarge(limit: limit)) }
      access = Access(status)
      bytes = try Self.read(descriptor, expecting: Int(status.st_size), limit: limit)
      guard bytes.count <= limit else { throw FileError(path: path, reason: .tooLarge(limit: limit)) }
    } catch let error as SystemError {
      throw FileError(path: path, reason: .system(error))
    } catch let error as FileError {
      throw error
    } catch {
      throw FileError(path: path, reason: .notRegular)
    }
  }

  /// Reads up to the end, or just beyond `limit`.
  private static func read(_ descriptor: Int32, expecting size: Int, limit: Int) throws(SystemError) -> Secret {
    try Secret(capacity: size + 1) { (builder) throws(SystemError) in
      var isAtEnd = false
      while !isAtEnd, builder.count <= limit {
        try unsafe builder.append(capacity: 4096) { (room) throws(SystemError) in
          let count = try SystemError.check("read") { unsafe Glibc.read(descriptor, room.baseAddress, room.count) }
          isAtEnd = count == 0
          return count
        }
      }
    }
  }
}

/// Why a file cannot be read.
package struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Reason: Sendable, Equatable {
    case system(SystemError)
    case notRegular
    /// The file has more than `limit` bytes.
    case tooLarge(limit: Int)
  }

  package let path: String
  package let reason: Reason

  /// Whether there is no such file.
  package var isMissing: Bool { code == ENOENT || code == ENOTDIR }

  /// The value of errno(3), if a system call failed.
  package var code: Int32? {
    guard case .system(let error) = reason else { return nil }
    return error.code
  }

  /// For people, without the path: `Permission denied`.
  package var explanation: String {
    switch reason {
    case .system(let error): error.reason
    case .notRegular: "not a regular file"
    case .tooLarge(let limit) where limit >= 1 << 20: "larger than \(limit >> 20) MiB"
    case .tooLarge(let limit): "larger than \(limit) bytes"
    }
  }

  package var description: String { "\(path) cannot be read: \(explanation)" }
}
