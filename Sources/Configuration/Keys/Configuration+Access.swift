internal import System

extension Configuration {
  /// A rule of `[[access]]`: what some of the admitted callers may do.
  package struct AccessRule: Sendable, Equatable {
    /// Names or numeric ids; with none of users, groups and tokens, the rule is for every admitted caller.
    package var users: [String]?
    /// Names or numeric ids.
    package var groups: [String]?
    /// Names of bearer tokens.
    package var tokens: [String]?
    /// Aliases or ids; `nil` stands for all.
    package var instances: [String]?
    /// `nil` stands for all that the instance allows.
    package var sessionNames: [SessionNamePattern]?
    package var may: [AccessRight]

    init(_ reader: inout SettingReader) {
      users = reader.read(
        "users", .list(of: .accountName, count: 1...1000),
        example: [.string("agent7"), .string("1001")],
        "Users that the rule is for: peers of unix sockets, and of loopback TCP where the kernel says whose socket it is."
      )
      groups = reader.read(
        "groups", .list(of: .accountName, count: 1...1000), example: [.string("agents")],
        "Groups whose members the rule is for.")
      tokens = reader.read(
        "tokens", .list(of: .tokenName, count: 1...1000), example: [.string("desk")],
        "Bearer tokens whose bearers the rule is for: tables of tokens, or fedbroker for the token of token_file.")
      instances = reader.read(
        "instances", .list(of: .instanceID, count: 1...1000), example: [.string("sales")],
        "Aliases or ids that the rule gives; all where it is not set. What no rule gives is not listed either.")
      sessionNames = reader.read(
        "session_names", .list(of: .sessionNamePattern, count: 1...1000),
        example: [.string("{peer}@example.com")],
        "Session names that the rule gives, at most those that the instance allows; {peer} is the caller's user name.")
      may = reader.read(
        "may", .list(of: .choice, count: 1...AccessRight.allCases.count), default: AccessRight.allCases,
        "What the rule gives.")
    }
  }

  /// A table of `[tokens]`: a bearer token beside the first one.
  package struct Token: Sendable, Equatable {
    /// What rules and the audit log call it, and the access key id of those who sign with it.
    package let name: String
    package var file: String
    package var group: String?

    init(name: String, _ reader: inout SettingReader) {
      self.name = name
      file = reader.read(
        "file", .path, default: "", example: .string("/run/fedbroker/desk-token"),
        "The file of the bearer token; made at start if it is missing. Required.")
      group = reader.read(
        "group", .accountName, example: "desk",
        "A group whose members may read the file, which then has mode 0640.")
    }

    static let nameRule =
      "a name of 1 to 64 letters (a to z), digits, hyphens and underscores is expected, the first a letter or digit;"
      + " fedbroker is the token of token_file"

    /// Returns whether a table of `[tokens]` may have the name, which is an access key id as well.
    static func isName(_ text: String) -> Bool { Instance.isAlias(text) && text != LocalAccessKey.id }
  }

  /// Where the audit log goes, and whether callers that it cannot record are answered.
  package struct Audit: Sendable, Equatable {
    package enum Destination: Sendable, Equatable {
      case journal
      /// An absolute path.
      case file(String)
    }

    /// `nil` keeps no audit log.
    package var destination: Destination?
    package var required: Bool

    /// No audit log.
    package static let none = Audit(destination: nil, required: false)

    package init(destination: Destination?, required: Bool) {
      self.destination = destination
      self.required = required
    }

    init(_ reader: inout SettingReader) {
      destination = reader.read(
        "audit.file", ValueForm<Destination>.auditDestination, example: "/var/log/fedbroker/audit.jsonl",
        "The audit log: one JSON object a line for who got which token, who was refused, and what was changed.")
      required = reader.read(
        "audit.required", .boolean, default: false,
        "Answer nobody who cannot be recorded (503 AuditUnavailable).")
    }
  }
}

extension Configuration.AccessRule {
  /// Every key of a table of `[[access]]` with its default.
  static let keys = SettingReader.declarations { _ = Configuration.AccessRule(&$0) }
}

extension Configuration.Token {
  /// Every key of `[tokens.NAME]` with its default.
  static let keys = SettingReader.declarations { _ = Configuration.Token(name: "", &$0) }
}

extension ValueForm where Value == String {
  /// The name of a bearer token, the first one's included.
  static var tokenName: Self {
    Self(
      expecting: "the name of a token", acceptText: { Configuration.Instance.isAlias($0) ? $0 : nil },
      renderText: \.self)
  }
}

extension ValueForm where Value == Configuration.Audit.Destination {
  static var auditDestination: Self {
    Self(
      expecting: "journal or an absolute path",
      acceptText: { text in
        if text == "journal" { return .journal }
        let isPath = text.hasPrefix("/") && !text.hasSuffix("/") && text.utf8.count <= 4095
        return isPath && text.printable == text ? .file(text) : nil
      },
      renderText: { destination in
        switch destination {
        case .journal: "journal"
        case .file(let path): path
        }
      })
  }
}
