package import Secrets

/// What the two files of the AWS CLI say: `~/.aws/config` and `~/.aws/credentials`.
package struct SharedConfiguration: Sendable {
  /// The options of one section.
  package struct Section: Sendable {
    private var options: [String: INIDocument.Value]
    private var places: [String: String]

    /// - Parameter path: The file of the section.
    init(_ section: INIDocument.Section, of path: String) {
      options = section.options
      places = section.lines.mapValues { "\(path), line \($0)" }
    }

    /// For people: in which file and line an option is.
    func place(of name: String) -> String? { places[name] }

    package func has(_ name: String) -> Bool { options[name] != nil }

    /// The value of an option that is not secret.
    package func text(_ name: String) -> String? { secret(name)?.exposed }

    package func secret(_ name: String) -> Secret? {
      guard case .text(let value) = options[name] else { return nil }
      return value
    }

    /// The value of a line below `name`.
    package func nested(_ name: String, _ key: String) -> String? {
      guard case .nested(let values) = options[name] else { return nil }
      return values[key]?.exposed
    }

    func overridden(by other: Section) -> Section {
      var merged = self
      merged.options.merge(other.options) { $1 }
      merged.places.merge(other.places) { $1 }
      return merged
    }
  }

  package let configPath: String
  package let credentialsPath: String
  /// The profiles of the config file alone.
  let configProfiles: [String: Section]
  /// The profiles of the credentials file alone.
  let credentialsProfiles: [String: Section]
  /// One line for each section that the AWS CLI passes over because of its name.
  package let misplacedSections: [String]
  private let services: [String: Section]
  private let singleSignOnSessions: [String: Section]

  init(
    config: INIDocument = INIDocument(), credentials: INIDocument = INIDocument(), configPath: String,
    credentialsPath: String
  ) {
    self.configPath = configPath
    self.credentialsPath = credentialsPath
    var profiles: [String: Section] = [:]
    var services: [String: Section] = [:]
    var singleSignOnSessions: [String: Section] = [:]
    for section in config.sections {
      let options = Section(section, of: configPath)
      // As botocore does it: a prefix decides, and of two sections that mean one profile the later replaces the other.
      if section.name.hasPrefix("profile") {
        if let name = Self.name(section) { profiles[name] = options }
      } else if section.name.hasPrefix("services") {
        if let name = Self.name(section) { services[name] = options }
      } else if section.name.hasPrefix("sso-session") {
        if let name = Self.name(section) { singleSignOnSessions[name] = options }
      } else if section.name == "default" {
        profiles["default"] = options
      }
    }
    configProfiles = profiles
    credentialsProfiles = Dictionary(
      credentials.sections.map { ($0.name, Section($0, of: credentialsPath)) }, uniquingKeysWith: { $1 })
    misplacedSections = Self.misplaced(config, credentials, configPath: configPath, credentialsPath: credentialsPath)
    self.services = services
    self.singleSignOnSessions = singleSignOnSessions
  }

  /// Finds `[name]` in the config file, which wants `[profile name]`, and `[profile name]` in the credentials file, which
  /// does not.
  private static func misplaced(
    _ config: INIDocument, _ credentials: INIDocument, configPath: String, credentialsPath: String
  ) -> [String] {
    let kinds = ["default", "profile", "services", "sso-session", "plugins", "preview"]
    let profileOptions: Set = [
      "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "region", "role_arn", "source_profile",
      "credential_process", "sso_session", "sso_start_url", "login_session",
    ]
    func isProfile(_ section: INIDocument.Section) -> Bool {
      !profileOptions.isDisjoint(with: section.options.keys)
    }
    func place(_ section: INIDocument.Section, _ path: String) -> String {
      section.lines.values.min().map { "\(path), line \($0)" } ?? path
    }
    return config.sections.filter { section in
      !kinds.contains(where: section.name.hasPrefix) && isProfile(section)
    }.map {
      "\(place($0, configPath)): [\($0.name)] is passed over: a profile of this file is named [profile \($0.name)]"
    }
      + credentials.sections.filter { $0.name.hasPrefix("profile ") }.map { section in
        let name = section.name.dropFirst("profile ".count)
        return
          "\(place(section, credentialsPath)): [\(section.name)] is no profile \(name): a profile of this file is named [\(name)]"
      }
  }

  /// All that either file has, in no order.
  package var profileNames: Set<String> { Set(configProfiles.keys).union(credentialsProfiles.keys) }

  /// A profile as both files have it together, where the credentials file wins; `nil` if neither has it.
  package func profile(_ name: String) -> Section? {
    switch (configProfiles[name], credentialsProfiles[name]) {
    case (let config?, let credentials?): config.overridden(by: credentials)
    case (let config?, nil): config
    case (nil, let credentials): credentials
    }
  }

  package func services(_ name: String) -> Section? { services[name] }

  /// `[sso-session name]`.
  func singleSignOnSession(_ name: String) -> Section? { singleSignOnSessions[name] }

  /// The name in `[profile name]`, which may be quoted.
  private static func name(_ section: INIDocument.Section) -> String? {
    guard let words = ShellWords.split(section.name), words.count == 2 else { return nil }
    return words[1]
  }
}
