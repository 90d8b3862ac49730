package import AWS
package import Configuration
package import FederationBroker
internal import HTTPTypes

/// The instances that are served and their credentials: turns the name in a path into the key of a token.
package final class InstanceDirectory: Sendable {
  /// A listed instance.
  package final class Entry: Sendable {
    package let alias: String
    package let isWarm: Bool
    /// `nil` while no region is known.
    package let key: TokenKey?
    package let instanceID: String
    /// The session names that callers may ask for; without one, the key's own is used.
    package let sessionNames: [SessionNamePattern]
    /// Serialized origins, in lower case, from whose pages a sign-in needs no click.
    package let loginOrigins: Set<String>

    package init(
      alias: String, isWarm: Bool, key: TokenKey?, instanceID: String, sessionNames: [SessionNamePattern] = [],
      loginOrigins: Set<String> = []
    ) {
      self.alias = alias
      self.isWarm = isWarm
      self.key = key
      self.instanceID = instanceID
      self.sessionNames = sessionNames
      self.loginOrigins = loginOrigins
    }

    /// Whether the key names one user: a role that several people share does not.
    var isNamed: Bool { sessionNames.isEmpty || key?.identity.sessionName != nil }
  }

  /// The listed instances, by alias.
  package let entries: [Entry]
  private let byAlias: [String: Entry]
  private let byInstanceID: [String: [Entry]]
  /// Makes the key of an instance that is not listed; `nil` while no region is known.
  private let unlistedKey: @Sendable (_ instanceID: String) -> TokenKey?
  /// Returns whether a command would use the credentials of a key itself.
  private let isSelected: @Sendable (_ key: TokenKey, _ selector: IdentitySelector) -> Bool
  /// Tries the way to a key's token, up to the call for it.
  let diagnose: @Sendable (_ key: TokenKey) async -> [Finding]
  /// Returns how the person of a key signs in to AWS; `nil` where no browser could.
  let signInToAWS: @Sendable (_ key: TokenKey) -> IdentityCenterSignIn?

  package init(
    entries: [Entry], unlistedKey: @escaping @Sendable (_ instanceID: String) -> TokenKey?,
    isSelected: @escaping @Sendable (_ key: TokenKey, _ selector: IdentitySelector) -> Bool,
    diagnose: @escaping @Sendable (_ key: TokenKey) async -> [Finding] = { _ in [] },
    signInToAWS: @escaping @Sendable (_ key: TokenKey) -> IdentityCenterSignIn? = { _ in nil }
  ) {
    self.entries = entries
    self.unlistedKey = unlistedKey
    self.isSelected = isSelected
    self.diagnose = diagnose
    self.signInToAWS = signInToAWS
    byAlias = Dictionary(entries.map { ($0.alias, $0) }, uniquingKeysWith: { first, _ in first })
    byInstanceID = Dictionary(grouping: entries, by: \.instanceID)
  }

  /// The keys to fetch at start and keep fresh.
  package var warmKeys: Set<TokenKey> {
    Set(entries.filter { $0.isWarm && $0.isNamed }.compactMap(\.key))
  }

  /// Returns whether anyone may ask for the key's token.
  package func serves(_ key: TokenKey) -> Bool {
    entries.isEmpty
      || entries.contains { entry in
        entry.key == key || (!entry.sessionNames.isEmpty && entry.key?.withSessionName(key.identity.sessionName) == key)
      }
  }

  /// Returns the key of an alias, an instance id or an ARN, percent-decoded.
  ///
  /// - Parameters:
  ///   - name: The name in the path.
  ///   - sessionName: The Amazon Connect user whose token is asked for; `nil` where the caller names none.
  ///   - peer: The user name of a unix socket's peer, for patterns with `{peer}`.
  ///   - caller: The caller, for whom listed instances that the rules do not give are as if they were not listed.
  ///   - right: What they have to be given for.
  func key(
    for name: String, sessionName: String? = nil, peer: String? = nil, caller: CallerMemo? = nil,
    right: AccessRight? = nil
  ) throws(Problem) -> TokenKey {
    if let entry = byAlias[name] { return try key(of: entry, sessionName, peer) }
    if let listed = byInstanceID[name],
      case let entries = listed.count == 1 ? listed : listed.filter({ caller?.mayKnow($0, right) ?? true }),
      let first = entries.first
    {
      guard entries.allSatisfy({ $0.key == first.key && $0.sessionNames == first.sessionNames }) else {
        let aliases = entries.map(\.alias).joined(separator: ", ")
        throw Problem(
          .badRequest, "AmbiguousInstance",
          "Several aliases have this id with different identities. Ask by alias: \(aliases).")
      }
      return try key(of: first, sessionName, peer)
    }
    // AWS gives no pattern, only a length of 1 to 100; dot segments would change the path of the request upstream.
    guard 1...100 ~= name.unicodeScalars.count, name != ".", name != ".." else {
      throw .badRequest("An instance id has 1 to 100 characters and is neither . nor ..")
    }
    guard entries.isEmpty else {
      throw Problem(.notFound, "InstanceNotServed", "This instance is not among those that the configuration lists.")
    }
    guard sessionName == nil else { throw Self.notAllowed }
    return try known(unlistedKey(name))
  }

  /// Returns the key of an instance for a command that could call AWS with its own credentials.
  ///
  /// Throws `IdentityMismatch` where the daemon would use other credentials.
  func key(
    for name: String, selector: IdentitySelector?, caller: CallerMemo? = nil, right: AccessRight? = nil
  ) throws(Problem) -> TokenKey {
    let key = try key(for: name, caller: caller, right: right)
    guard let selector, !isSelected(key, selector) else { return key }
    throw Problem(
      .misdirectedRequest, "IdentityMismatch", "This instance's token is got with other credentials than the command's."
    )
  }

  /// Returns the listed instances that an alias or an id names.
  func entries(named name: String) -> [Entry] { byAlias[name].map { [$0] } ?? byInstanceID[name] ?? [] }

  /// Returns whether the allowed session names of an instance depend on the peer's user name.
  func asksWhoPeerIs(for name: String) -> Bool {
    entries(named: name).contains { $0.sessionNames.contains(where: \.namesPeer) }
  }

  private func key(of entry: Entry, _ sessionName: String?, _ peer: String?) throws(Problem) -> TokenKey {
    guard let sessionName else {
      guard entry.isNamed else {
        throw Problem(
          .badRequest, "SessionNameRequired",
          "The role of this instance is there for several people. Say whose token it shall be: ?session_name=NAME.")
      }
      return try known(entry.key)
    }
    guard SessionName.isValid(sessionName),
      entry.sessionNames.contains(where: { $0.allows(sessionName, peer: peer) })
    else { throw Self.notAllowed }
    let key = try known(entry.key)
    return key.withSessionName(sessionName)
  }

  static let notAllowed = Problem(
    .forbidden, "SessionNameNotAllowed", "The configuration does not allow this session name for this instance.",
    denial: .sessionName)

  private func known(_ key: TokenKey?) throws(Problem) -> TokenKey {
    guard let key else { throw Self.noRegion }
    return key
  }

  static let noRegion = Problem(
    .serviceUnavailable, "NoRegion",
    "No region is configured for this instance: set --region, AWS_REGION or the profile's region.", retryAfter: 5)
}

extension TokenKey {
  /// Returns the key of another user of the same role.
  fileprivate func withSessionName(_ sessionName: String?) -> TokenKey {
    var identity = identity
    identity.sessionName = sessionName
    return TokenKey(instanceID: instanceID, region: region, identity: identity, endpointURL: endpointURL)
  }
}
