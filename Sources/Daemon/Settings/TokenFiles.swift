internal import Configuration
internal import Secrets

/// The files of all bearer tokens, by the names of the tokens; the first one is that of `token_file`.
struct TokenFiles: Sendable, Equatable {
  private(set) var files: [(name: String, file: TokenFile)]

  /// Throws if a group does not exist.
  init(_ configuration: Configuration) throws(StartError) {
    files = []
    try add(LocalAccessKey.id, configuration.tokenFile, configuration.tokenGroup, "token_group")
    for token in configuration.tokens {
      try add(token.name, token.file, token.group, "tokens.\(token.name).group")
    }
  }

  static func == (left: TokenFiles, right: TokenFiles) -> Bool {
    left.files.elementsEqual(right.files) { $0.name == $1.name && $0.file == $1.file }
  }

  var paths: [String] { files.map(\.file.path) }

  /// A token as its file has it.
  struct Read: Sendable {
    let name: String
    let secret: Secret
    /// Whether this process made the token, so that nothing was signed with it before.
    let isNew: Bool
  }

  /// Reads each token, or makes one where there is no file.
  func readOrCreate() throws(TokenFileError) -> [Read] {
    var tokens: [Read] = []
    for (name, file) in files {
      var made: Secret?
      let secret = try file.readOrCreate(made: &made)
      tokens.append(Read(name: name, secret: secret, isNew: made == secret))
    }
    return tokens
  }

  private mutating func add(_ name: String, _ path: String, _ group: String?, _ key: String) throws(StartError) {
    var gid: UInt32?
    if let group {
      gid = UserDatabase.gid(of: group)
      guard gid != nil else { throw .configuration("\(key): there is no group \(group)") }
    }
    files.append((name, TokenFile(path: path, group: gid)))
  }
}
