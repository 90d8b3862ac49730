internal import AWS
internal import LocalHTTP

/// Checks the values of several keys against each other.
struct ConsistencyCheck {
  private(set) var settings: [Setting]
  private(set) var problems: [String] = []
  /// What is allowed, and probably a mistake.
  private(set) var warnings: [String] = []
  /// Where each key is in `settings`: a file can have instances by the ten thousand, each with a problem.
  private let positions: [String: Int]

  init(_ settings: [Setting]) {
    self.settings = settings
    positions = Dictionary(
      settings.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Makes warm instances of the ids that `instance_id` lists; each id is its own alias.
  mutating func addListedInstances(to configuration: inout Configuration) {
    let listed = Dictionary(
      configuration.instances.enumerated().filter { $1.alias == $1.id }.map { ($1.id, $0) },
      uniquingKeysWith: { first, _ in first })
    var added: Set<String> = []
    for id in configuration.instanceIDs {
      if added.contains(id) { continue }
      if let index = listed[id] {
        configuration.instances[index].warm = true
        if let position = positions["instances.\(id).warm"] {
          settings[position].value = .boolean(true)
          settings[position].origin = origin(of: "instance_id")
        }
        continue
      }
      var noSource = SettingReader()
      var instance = Configuration.Instance(alias: id, &noSource)
      instance.id = id
      instance.warm = true
      configuration.instances.append(instance)
      added.insert(id)
    }
    configuration.instances.sort { $0.alias < $1.alias }
  }

  /// Adds the problems that several values cause together.
  mutating func check(_ configuration: Configuration) {
    checkTokenFile(configuration)
    checkListeners(configuration)
    checkAliases(configuration)
    checkRoles(configuration)
    checkCapacity(configuration)
    checkTokens(configuration)
    checkAccess(configuration)
    checkAudit(configuration)
    checkFleet(configuration)
    warnOfRegions(configuration)
    warnOfTwins(configuration)
  }

  /// Adds the problems of users and groups that do not exist.
  mutating func checkAccounts(_ configuration: Configuration, _ accounts: Accounts) {
    checkAccounts("socket_users", configuration.socketUsers, "user", accounts.uid)
    checkAccounts("socket_groups", configuration.socketGroups, "group", accounts.gid)
    checkAccounts("token_group", configuration.tokenGroup.map { [$0] }, "group", accounts.gid)
    for token in configuration.tokens {
      checkAccounts("tokens.\(token.name).group", token.group.map { [$0] }, "group", accounts.gid)
    }
    for (index, rule) in configuration.access.enumerated() {
      checkAccounts("access[\(index + 1)].users", rule.users, "user", accounts.uid)
      checkAccounts("access[\(index + 1)].groups", rule.groups, "group", accounts.gid)
    }
  }

  private mutating func checkAccounts(
    _ key: String, _ names: [String]?, _ kind: String, _ number: (String) -> UInt32?
  ) {
    for name in names ?? [] where number(name) == nil {
      problems.append("\(place(of: key)) = \"\(name.excerpt)\": there is no \(kind) \(name.excerpt)")
    }
  }

  /// Where a person finds the value of a key.
  ///
  /// - Parameter declared: The key whose source and line count, where that is another one.
  private func place(of key: String, as declared: String? = nil) -> String {
    guard let position = positions[declared ?? key] else { return key }
    return settings[position].origin.place(of: key, line: settings[position].line)
  }

  private func origin(of key: String) -> Setting.Origin { positions[key].map { settings[$0].origin } ?? .byDefault }

  private mutating func checkTokenFile(_ configuration: Configuration) {
    guard configuration.tokenFile.isEmpty else { return }
    problems.append(
      "token_file: there is no default, since none of RUNTIME_DIRECTORY, XDG_RUNTIME_DIR and HOME holds an absolute"
        + " path: set one of them, or token_file")
  }

  private mutating func checkListeners(_ configuration: Configuration) {
    for address in configuration.listen where (try? ListenAddress(parsing: address.description)) == nil {
      let place = self.place(of: "listen")
      problems.append(
        "\(place) = \"\(address.description.excerpt)\": the path of the runtime directory is too long for a socket; set"
          + " listen")
    }
    if !configuration.allowNonLoopback {
      for address in configuration.listen where !address.isLoopback {
        let place = self.place(of: "listen")
        problems.append(
          "\(place) = \"\(address)\": other machines can reach this address; allow_non_loopback = true in the"
            + " configuration file allows it")
      }
    }
    for address in configuration.adminListen where configuration.listen.contains(address) {
      if case .tcp(_, port: 0) = address { continue }
      problems.append("\(place(of: "admin_listen")) = \"\(address)\": listen has this address too")
    }
  }

  /// An alias that equals another instance's id would be ambiguous.
  private mutating func checkAliases(_ configuration: Configuration) {
    let ids = Set(configuration.instances.map(\.id))
    for instance in configuration.instances where instance.id != instance.alias && ids.contains(instance.alias) {
      let place = place(of: "instances.\(instance.alias)", as: "instances.\(instance.alias).id")
      problems.append("\(place): this alias is the id of another instance")
    }
  }

  private mutating func checkRoles(_ configuration: Configuration) {
    for instance in configuration.instances {
      let table = "instances.\(instance.alias)"
      if instance.roleARN == nil {
        let needing = [
          ("role_session_name", instance.roleSessionName != nil), ("external_id", instance.externalID != nil),
          ("session_names", !instance.sessionNames.isEmpty),
        ]
        for (key, isSet) in needing where isSet {
          problems.append("\(place(of: "\(table).\(key)")): it needs role_arn beside it")
        }
      } else if instance.warm, instance.roleSessionName == nil, !instance.sessionNames.isEmpty {
        problems.append(
          "\(place(of: "\(table).warm")) = true: it needs role_session_name, which says whose token to keep")
      }
    }
  }

  private mutating func checkCapacity(_ configuration: Configuration) {
    let warm = configuration.instances.count(where: \.warm)
    guard warm > configuration.cache.maxEntries else { return }
    let place = self.place(of: "cache.max_entries")
    problems.append(
      "\(place) = \(configuration.cache.maxEntries): there are \(warm) warm instances, which must all fit")
  }

  /// Two tokens in one file would be one token.
  private mutating func checkTokens(_ configuration: Configuration) {
    var files = [configuration.tokenFile: "token_file"]
    for token in configuration.tokens where !token.file.isEmpty {
      let key = "tokens.\(token.name).file"
      if let other = files.updateValue(key, forKey: token.file) {
        problems.append("\(place(of: key)) = \"\(token.file.excerpt)\": \(other) has this file too")
      }
    }
  }

  /// A rule that names what does not exist gives less than it seems to.
  private mutating func checkAccess(_ configuration: Configuration) {
    let tokens = [LocalAccessKey.id] + configuration.tokens.map(\.name)
    let instances = configuration.instances.flatMap { [$0.alias, $0.id] }
    for (index, rule) in configuration.access.enumerated() {
      checkNames("access[\(index + 1)].tokens", rule.tokens, "token", among: tokens)
      guard !configuration.servesAnyInstance else { continue }
      checkNames("access[\(index + 1)].instances", rule.instances, "instance", among: instances)
    }
  }

  private mutating func checkNames(_ key: String, _ names: [String]?, _ kind: String, among known: [String]) {
    for name in names ?? [] where !known.contains(name) {
      let hint = Suggestion.closest(to: name, among: known).map { "did you mean \($0)?" }
      let few = Set(known).sorted().prefix(10).map(\.excerpt).joined(separator: ", ")
      problems.append(
        "\(place(of: key)) = \"\(name.excerpt)\": there is no \(kind) of that name (\(hint ?? "there are \(few)"))")
    }
  }

  private mutating func checkAudit(_ configuration: Configuration) {
    guard configuration.audit.required, configuration.audit.destination == nil else { return }
    problems.append("\(place(of: "audit.required")) = true: it needs audit.file beside it")
  }

  private mutating func checkFleet(_ configuration: Configuration) {
    let fleet = configuration.fleet
    guard fleet.store != nil else {
      let needing = [
        ("share", fleet.share == .tokens), ("account", fleet.account != nil), ("user", fleet.user != nil),
        ("password_file", fleet.passwordFile != nil), ("key_file", fleet.keyFile != nil),
        ("ca_bundle", fleet.caBundle != nil),
      ]
      for (key, isSet) in needing where isSet {
        problems.append("\(place(of: "fleet.\(key)")): it needs fleet.store beside it")
      }
      return
    }
    let store = place(of: "fleet.store")
    if fleet.account == nil {
      problems.append("\(store): it needs fleet.account beside it, which says whose quota it is")
    }
    if fleet.user != nil, fleet.passwordFile == nil {
      problems.append("\(place(of: "fleet.user")): it needs fleet.password_file beside it")
    }
    if configuration.emulate { problems.append("\(store): the emulator has no quota to share; remove one of the two") }
    guard fleet.share == .tokens else { return }
    let share = "\(place(of: "fleet.share")) = \"tokens\""
    if fleet.keyFile == nil { problems.append("\(share): it needs fleet.key_file beside it") }
    if configuration.noSignRequest {
      problems.append("\(share): unsigned calls have no caller whose tokens they would be")
    }
  }

  /// A region that differs from the one of the ARN asks AWS for an instance that is elsewhere.
  private mutating func warnOfRegions(_ configuration: Configuration) {
    for instance in configuration.instances {
      guard let region = instance.region, let named = Region.named(inARN: instance.id), region != named else {
        continue
      }
      warnings.append(
        "\(place(of: "instances.\(instance.alias).region")) = \"\(region)\": the ARN names \(named.excerpt); leave"
          + " region out")
    }
  }

  /// Aliases of one instance with one identity get one person's token; where two people are meant, that is a mistake.
  private mutating func warnOfTwins(_ configuration: Configuration) {
    var first: [Configuration.Instance: String] = [:]
    for instance in configuration.instances {
      guard let twin = first.updateValue(instance.alias, forKey: instance.sameIdentity) else { continue }
      warnings.append(
        "\(place(of: "instances.\(instance.alias).id")) = \"\(instance.id.excerpt)\": \(twin) is the same instance with the"
          + " same identity; give one of them another profile, role_arn or role_session_name, or remove it")
    }
  }
}

extension [Setting] {
  /// Returns where a person finds the value of a key.
  func place(of key: String) -> String {
    guard let setting = first(where: { $0.name == key }) else { return key }
    return setting.origin.place(of: key, line: setting.line)
  }
}

extension Configuration.Instance {
  /// What tells the instance's tokens from those of others: without alias and warmth, and with the id of an ARN.
  fileprivate var sameIdentity: Self {
    var instance = self
    instance.alias = ""
    if let region = Region.named(inARN: id), let slash = id.lastIndex(of: "/") {
      instance.id = String(id[id.index(after: slash)...])
      instance.region = self.region ?? region
    }
    instance.warm = false
    return instance
  }
}
