internal import FoundationEssentials
package import Glibc
package import Secrets

/// The file that holds the local bearer token: who can read it may ask.
package struct TokenFile: Sendable, Equatable {
  package let path: String
  /// The group whose members may read the token: then the file is 0640 instead of 0600.
  package var group: gid_t?

  package init(path: String, group: gid_t? = nil) {
    self.path = path
    self.group = group
  }

  /// More than this is no token.
  private static let largestSize = 4096
  /// Fewer characters can be guessed, over a connection that allows a hundred thousand tries a second.
  private static let shortestToken = 32

  /// Reads the token, or makes one where there is no file.
  package func readOrCreate() throws(TokenFileError) -> Secret {
    for _ in 0..<3 {
      do {
        return try read()
      } catch {
        guard error.reason == .missing else { throw error }
        try create()
      }
    }
    throw failure(.system("it is deleted as fast as it is made"))
  }

  /// Reads the token of a daemon that may be another user's, to sign with it.
  ///
  /// Who could have written it matters to the daemon only: a wrong one makes wrong signatures.
  package func readToSign() throws(TokenFileError) -> Secret { try read(checksAccess: false) }

  /// Reads the token and checks that nobody else can read or could have written it.
  package func read() throws(TokenFileError) -> Secret { try read(checksAccess: true) }

  private func read(checksAccess: Bool) throws(TokenFileError) -> Secret {
    // O_NOFOLLOW: a link would let its owner choose which file is taken for the token. O_NONBLOCK: a FIFO must not hang us.
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      switch errno {
      case ENOENT: throw failure(.missing)
      case ELOOP: throw failure(.symbolicLink)
      case EACCES: throw failure(.notReadable)
      default: throw failure(.system(String(cString: strerror(errno))))
      }
    }
    defer { close(descriptor) }
    try check(descriptor, checksAccess: checksAccess)
    let bytes = Secret(capacity: Self.largestSize) { builder in
      builder.append(capacity: Self.largestSize) { max(0, Glibc.read(descriptor, $0.baseAddress, $0.count)) }
    }
    return try token(in: bytes)
  }

  private func check(_ descriptor: Int32, checksAccess: Bool) throws(TokenFileError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(.system(String(cString: strerror(errno)))) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw failure(.notRegular) }
    guard status.st_size <= Self.largestSize else { throw failure(.notAToken) }
    guard checksAccess else { return }
    guard status.st_uid == geteuid() || status.st_uid == 0 else { throw failure(.foreignOwner(status.st_uid)) }
    let mode = status.st_mode & 0o7777
    let allowed: mode_t = group != nil ? 0o640 : 0o600
    guard mode & ~allowed == 0 else { throw failure(.tooOpen(mode: mode, allowed: allowed)) }
    if let group, mode & 0o040 != 0, status.st_gid != group { throw failure(.foreignGroup(status.st_gid)) }
  }

  /// The token68 of RFC 9110 §11.2, which is what a Bearer credential can hold, with white space after it allowed.
  private func token(in content: Secret) throws(TokenFileError) -> Secret {
    let length = content.withBytes { bytes -> Int? in
      var end = bytes.count
      while end > 0, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D || bytes[end - 1] == 0x20 { end -= 1 }
      for index in 0..<end {
        switch bytes[index] {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
          UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="):
          continue
        default: return nil
        }
      }
      return end >= Self.shortestToken ? end : nil
    }
    guard let length else { throw failure(.notAToken) }
    return Secret(capacity: length) { builder in
      content.withBytes { builder.append(contentsOf: $0.extracting(0..<length)) }
    }
  }

  /// Makes the file such that no one ever sees it half written, and that of two daemons that start at once one wins.
  private func create() throws(TokenFileError) {
    try createDirectory()
    guard let token = RandomToken.make() else { throw failure(.system("no random numbers are to be had")) }
    let temporary = "\(path).\(UUID().uuidString)"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(.cannotCreate(String(cString: strerror(errno)))) }
    defer {
      close(descriptor)
      unlink(temporary)
    }
    let isWritten = token.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) == $0.count }
    if let group, fchown(descriptor, .max, group) != 0 || fchmod(descriptor, 0o640) != 0 {
      throw failure(.cannotCreate("its group cannot be set: \(String(cString: strerror(errno)))"))
    }
    guard isWritten, fsync(descriptor) == 0, link(temporary, path) == 0 || errno == EEXIST else {
      throw failure(.cannotCreate(String(cString: strerror(errno))))
    }
  }

  private func createDirectory() throws(TokenFileError) {
    guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return }
    var missing: [String] = []
    var directory = String(path[..<slash])
    while !directory.isEmpty, access(directory, F_OK) != 0, let parent = directory.lastIndex(of: "/") {
      missing.append(directory)
      directory = String(directory[..<parent])
    }
    for directory in missing.reversed() where mkdir(directory, 0o700) != 0 && errno != EEXIST {
      throw failure(.cannotCreate("\(directory): \(String(cString: strerror(errno)))"))
    }
  }

  private func failure(_ reason: TokenFileError.Reason) -> TokenFileError {
    TokenFileError(path: path, reason: reason)
  }
}

/// Why a token file cannot be used, and how to mend that.
package struct TokenFileError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Reason: Sendable, Equatable {
    case missing
    case symbolicLink
    case notReadable
    case notRegular
    case foreignOwner(uid_t)
    case foreignGroup(gid_t)
    case tooOpen(mode: mode_t, allowed: mode_t)
    case notAToken
    case cannotCreate(String)
    case system(String)
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
    case .foreignGroup(let gid): "it is readable by group \(gid), which is not token_group"
    case .tooOpen(let mode, let allowed):
      "its mode is \(String(mode, radix: 8)), so that others can read or replace it: chmod \(String(allowed, radix: 8))"
    case .notAToken: "it does not hold one token of at least 32 characters of A-Z a-z 0-9 - . _ ~ + / ="
    case .cannotCreate(let why): "it cannot be made: \(why)"
    case .system(let why): why
    }
  }
}
