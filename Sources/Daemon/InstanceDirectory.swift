internal import HTTPTypes
internal import TokenBroker

/// Which instances are served, and with whose credentials: turns the name in a path into the key of a token.
struct InstanceDirectory: Sendable {
  /// A listed instance.
  struct Entry: Sendable, Equatable {
    let alias: String
    let isWarm: Bool
    /// `nil` while no region is known.
    let key: TokenKey?
    let instanceID: String
  }

  let entries: [Entry]
  private let byAlias: [String: Entry]
  private let byInstanceID: [String: [Entry]]
  /// Makes the key of an instance that is not listed; `nil` while no region is known.
  private let unlistedKey: @Sendable (_ instanceID: String) -> TokenKey?

  init(entries: [Entry], unlistedKey: @escaping @Sendable (_ instanceID: String) -> TokenKey?) {
    self.entries = entries
    self.unlistedKey = unlistedKey
    byAlias = Dictionary(entries.map { ($0.alias, $0) }, uniquingKeysWith: { first, _ in first })
    byInstanceID = Dictionary(grouping: entries, by: \.instanceID)
  }

  /// The keys to fetch at start and keep fresh.
  var warmKeys: Set<TokenKey> {
    Set(entries.filter(\.isWarm).compactMap(\.key))
  }

  /// Whether anyone may ask for the key's token.
  func serves(_ key: TokenKey) -> Bool {
    entries.isEmpty || entries.contains { $0.key == key }
  }

  /// The key of an alias, an instance id or an ARN, percent-decoded.
  func key(for name: String) throws(Problem) -> TokenKey {
    if let entry = byAlias[name] { return try known(entry.key) }
    if let entries = byInstanceID[name], let first = entries.first {
      guard entries.allSatisfy({ $0.key == first.key }) else {
        let aliases = entries.map(\.alias).joined(separator: ", ")
        throw Problem(
          .badRequest, "AmbiguousInstance",
          "Several aliases have this id with different identities. Ask by alias: \(aliases).")
      }
      return try known(first.key)
    }
    // AWS gives no pattern, only a length of 1 to 100; dot segments would change the path of the request upstream.
    guard 1...100 ~= name.unicodeScalars.count, name != ".", name != ".." else {
      throw .badRequest("An instance id has 1 to 100 characters and is neither . nor ..")
    }
    guard entries.isEmpty else {
      throw Problem(.notFound, "InstanceNotServed", "This instance is not among those that the configuration lists.")
    }
    return try known(unlistedKey(name))
  }

  private func known(_ key: TokenKey?) throws(Problem) -> TokenKey {
    guard let key else {
      throw Problem(
        .serviceUnavailable, "NoRegion",
        "No region is configured for this instance: set --region, AWS_REGION or the profile's region.", retryAfter: 5)
    }
    return key
  }
}
