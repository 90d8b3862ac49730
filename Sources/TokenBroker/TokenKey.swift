/// Whose credentials ask: what, with an instance and a region, decides which Connect user's token comes back.
///
/// The Connect user is the one whose name is the session name of the calling credentials, so two identities that ask
/// for one instance get two people's tokens.
package struct Identity: Hashable, Sendable {
  /// The profile named by a flag or the configuration; `nil` stands for the default chain.
  package var profile: String?
  /// The role to assume with those credentials.
  package var roleARN: String?
  /// The session name under which `roleARN` is assumed.
  package var sessionName: String?
  /// What the owner of `roleARN` wants to be told by those who assume it.
  package var externalID: String?

  package init(
    profile: String? = nil, roleARN: String? = nil, sessionName: String? = nil, externalID: String? = nil
  ) {
    self.profile = profile
    self.roleARN = roleARN
    self.sessionName = sessionName
    self.externalID = externalID
  }
}

/// What one cached token answers for, and nothing else.
package struct TokenKey: Hashable, Sendable {
  /// As sent to AWS: a UUID or an ARN, 1 to 100 characters.
  package let instanceID: String
  package let region: String
  package let identity: Identity
  /// Where this instance's calls go, if it has an endpoint of its own: another endpoint may be another account.
  package let endpointURL: String?
  /// Computed once, since a hit hashes its key.
  private let hash: Int

  package init(instanceID: String, region: String, identity: Identity, endpointURL: String? = nil) {
    self.instanceID = instanceID
    self.region = region
    self.identity = identity
    self.endpointURL = endpointURL
    var hasher = Hasher()
    hasher.combine(instanceID)
    hasher.combine(region)
    hasher.combine(identity)
    hasher.combine(endpointURL)
    hash = hasher.finalize()
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(hash)
  }
}
