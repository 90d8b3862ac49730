package import AWS

/// What one cached token answers for, and nothing else.
///
/// One reference to what never changes: a hit hands its key on several times, and would count up and down each text of it.
package struct TokenKey: Hashable, Sendable {
  private final class Storage: Sendable {
    let instanceID: String
    let region: String
    let identity: Identity
    let endpointURL: String?
    /// Computed once, since a hit hashes its key.
    let hash: Int

    init(instanceID: String, region: String, identity: Identity, endpointURL: String?) {
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
  }

  private let storage: Storage

  package init(instanceID: String, region: String, identity: Identity, endpointURL: String? = nil) {
    storage = Storage(instanceID: instanceID, region: region, identity: identity, endpointURL: endpointURL)
  }

  /// As sent to AWS: a UUID or an ARN, 1 to 100 characters.
  package var instanceID: String { storage.instanceID }
  package var region: String { storage.region }
  package var identity: Identity { storage.identity }
  /// Where this instance's calls go, if it has an endpoint of its own: another endpoint may be another account.
  package var endpointURL: String? { storage.endpointURL }

  package static func == (left: TokenKey, right: TokenKey) -> Bool {
    let (left, right) = (left.storage, right.storage)
    return left === right
      || left.hash == right.hash && left.instanceID == right.instanceID && left.region == right.region
        && left.identity == right.identity && left.endpointURL == right.endpointURL
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(storage.hash)
  }
}
