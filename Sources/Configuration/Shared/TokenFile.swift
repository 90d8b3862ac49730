package import Glibc
package import Secrets
internal import System

/// The file of the local bearer token: who can read it may call the API.
package struct TokenFile: Sendable, Equatable {
  package let path: String
  /// The group whose members may read the token: then the file is 0640 instead of 0600.
  package var group: gid_t?

  package init(path: String, group: gid_t? = nil) {
    self.path = path
    self.group = group
  }

  /// A larger file is refused, in bytes.
  private static let largestSize = 4096
  /// A shorter token could be guessed at a hundred thousand tries a second.
  private static let shortestToken = 32

  /// Reads the token, or makes one where there is no file.
  ///
  /// Shares a private file of this user's with `group`, so that members of a group that is named later can read it too.
  package func readOrCreate() throws(TokenFileError) -> Secret {
    var made: Secret?
    return try readOrCreate(made: &made)
  }

  /// Does the same; `made` becomes the token that this call wrote, if it wrote one.
  package func readOrCreate(made: inout Secret?) throws(TokenFileError) -> Secret {
    for _ in 0..<3 {
      do {
        return try read(checksAccess: true, sharesWithGroup: true)
      } catch {
        guard error.reason == .missing else { throw error }
        made = try create()
      }
    }
    throw failure(.unstable)
  }

  /// Reads the token of a daemon that may be another user's, to sign with it.
  ///
  /// Only the daemon checks who could have written the file: a wrong token makes wrong signatures.
  package func readToSign() throws(TokenFileError) -> Secret { try read(checksAccess: false, sharesWithGroup: false) }

  /// Reads the token and checks that nobody else can read or could have written it.
  package func read() throws(TokenFileError) -> Secret { try read(checksAccess: true, sharesWithGroup: false) }

  private func read(checksAccess: Bool, sharesWithGroup: Bool) throws(TokenFileError) -> Secret {
    let contents: FileContents
    do {
      contents = try FileContents(path: path, limit: Self.largestSize, followsLinks: false)
    } catch {
      throw failure(TokenFileError.Reason(error))
    }
    if checksAccess {
      try check(contents.access)
      try checkDirectory()
    }
    if sharesWithGroup { try share(contents.access) }
    return try token(in: contents.bytes)
  }

  private func check(_ access: FileContents.Access) throws(TokenFileError) {
    guard access.owner == geteuid() || access.owner == 0 else { throw failure(.foreignOwner(access.owner)) }
    let allowed: mode_t = group != nil ? 0o640 : 0o600
    guard access.mode & ~allowed == 0 else { throw failure(.tooOpen(mode: access.mode, allowed: allowed)) }
    if let group, access.mode & 0o040 != 0, access.group != group { throw failure(.foreignGroup(access.group)) }
  }

  /// A file of root's, such as a credential of systemd, is shared by whoever provides it.
  private func share(_ access: FileContents.Access) throws(TokenFileError) {
    guard let group, access.owner == geteuid(), access.mode & 0o040 == 0 else { return }
    do { try PrivateFile.share(path, with: group) } catch {
      throw failure(TokenFileError.Reason(creating: path, error))
    }
  }

  /// Refuses a directory in which others could put a file of their own in this one's place, and a way to it that others
  /// can turn.
  ///
  /// Directories above may be open to others, as the shared ones of pods are: what others put in place of the directory is
  /// theirs, and refused for its owner.
  private func checkDirectory() throws(TokenFileError) {
    if let (link, owner) = FileContents.Access.foreignLink(above: path) {
      throw failure(.foreignLink(path: link, owner: owner))
    }
    let access: FileContents.Access
    do { access = try FileContents.Access(ofDirectoryOf: path) } catch { throw failure(.system(code: error.code)) }
    guard access.owner == geteuid() || access.owner == 0 else { throw failure(.foreignDirectory(access.owner)) }
    // Where the sticky bit is set, only the owners of the file and of the directory may replace it (inode(7)).
    guard access.mode & 0o022 == 0 || access.mode & S_ISVTX != 0 else {
      throw failure(.writableDirectory(mode: access.mode))
    }
  }

  /// Returns the token68 of RFC 9110 §11.2, which is what a Bearer credential can hold, with white space after it allowed.
  private func token(in content: Secret) throws(TokenFileError) -> Secret {
    let length = content.withBytes { bytes -> Int? in
      var end = bytes.count
      while end > 0, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D || bytes[end - 1] == 0x20 { end -= 1 }
      for index in 0..<end {
        guard bytes[index].isUnreserved || "+/=".utf8.contains(bytes[index]) else { return nil }
      }
      return end >= Self.shortestToken ? end : nil
    }
    guard let length else { throw failure(.notAToken) }
    return Secret(capacity: length) { builder in
      content.withBytes { builder.append(contentsOf: $0.extracting(0..<length)) }
    }
  }

  /// Creates the file whole and returns its token; if two daemons start at once, one of them wins.
  private func create() throws(TokenFileError) -> Secret? {
    do { try PrivateFile.createDirectories(above: path) } catch {
      throw failure(.cannotCreate(path: error.path, code: error.code ?? EINVAL))
    }
    try checkDirectory()
    let token = RandomToken.make()
    do { try PrivateFile.create(path, token, group: group) } catch {
      guard error.code != EEXIST else { return nil }
      throw failure(TokenFileError.Reason(creating: path, error))
    }
    return token
  }

  private func failure(_ reason: TokenFileError.Reason) -> TokenFileError {
    TokenFileError(path: path, reason: reason)
  }
}

extension TokenFileError.Reason {
  fileprivate init(_ error: FileError) {
    switch (error.reason, error.code) {
    case (_, ENOENT): self = .missing
    case (_, ELOOP): self = .symbolicLink
    case (_, EACCES): self = .notReadable
    case (.notRegular, _): self = .notRegular
    case (.tooLarge, _): self = .notAToken
    default: self = .system(code: error.code ?? EINVAL)
    }
  }

  /// chown(2): only a group that the process is in can be given a file.
  fileprivate init(creating path: String, _ error: SystemError) {
    self =
      error.call == "fchown" && error.code == EPERM ? .notAMember : .cannotCreate(path: path, code: error.code)
  }
}

/// The reason why a token file cannot be used, and how to correct it.
package struct TokenFileError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong with the file.
  package enum Reason: Sendable, Equatable {
    case missing
    case symbolicLink
    case notReadable
    case notRegular
    case foreignOwner(uid_t)
    case foreignGroup(gid_t)
    case tooOpen(mode: mode_t, allowed: mode_t)
    case notAToken
    case foreignDirectory(uid_t)
    /// A symbolic link of another user leads to the directory.
    case foreignLink(path: String, owner: uid_t)
    case writableDirectory(mode: mode_t)
    /// This process is not in the group to share the file with.
    case notAMember
    /// `path` is the file or directory that cannot be made, `code` the value of errno(3).
    case cannotCreate(path: String, code: Int32)
    /// Other processes delete the file again and again.
    case unstable
    case system(code: Int32)
  }

  package let path: String
  package let reason: Reason

  package var description: String {
    "token file \(path): \(explanation)"
  }

  private var explanation: String {
    switch reason {
    case .missing: "it does not exist"
    case .symbolicLink: "it is a symbolic link, whose owner could choose the token: name the file itself"
    case .notReadable: "this user may not read it"
    case .notRegular: "it is not a regular file"
    case .foreignOwner(let uid): "it belongs to user \(uid), who could choose the token: give it to this user or root"
    case .foreignGroup(let gid):
      "it is readable by group \(gid), which is not token_group; remove it to have a new one made, since members of that"
        + " group may know this one"
    case .tooOpen(let mode, let allowed):
      "its mode is \(String(mode, radix: 8)), so that others can read or replace it: chmod \(String(allowed, radix: 8))"
    case .notAToken: "it does not hold one token of at least 32 characters of A-Z a-z 0-9 - . _ ~ + / ="
    case .foreignDirectory(let uid):
      "its directory belongs to user \(uid), who could replace it: give the directory to this user or root"
    case .foreignLink(let path, let owner):
      "\(path) is a symbolic link of user \(owner), who could turn it to another file: name the directory itself"
    case .writableDirectory(let mode):
      "the mode of its directory is \(String(mode, radix: 8)), so that others can replace it: chmod go-w the directory,"
        + " or name a subdirectory of it (token_file, RUNTIME_DIRECTORY), which fedbroker makes"
    case .notAMember:
      "this user is not in token_group, so it cannot share the file with it: add the group to the service"
        + " (SupplementaryGroups=, by systemctl edit fedbroker), or name a group of this user"
    case .cannotCreate(let path, let code): "it cannot be made: \(path): \(String(cString: strerror(code)))"
    case .unstable: "other processes delete it as fast as it is made"
    case .system(let code): String(cString: strerror(code))
    }
  }
}
