package import AWS

/// Where tokens come from: Amazon Connect, an emulator of it, or a test.
package protocol TokenSource: Sendable {
  /// Fetches a token for `key`, with retries.
  ///
  /// Takes as long as upstream takes; the broker bounds each caller's wait. Ends soon, with any error, once the calling
  /// task is cancelled: a shutdown waits for that.
  func fetch(_ key: TokenKey, priority: @escaping CallUrgency) async throws(AWSError) -> FetchedToken

  /// The key's token is void wherever it may be kept, this cache and others alike.
  func drop(_ key: TokenKey)
}

extension TokenSource {
  package func drop(_ key: TokenKey) {}
}

extension ConnectFederation: TokenSource {
  package func fetch(_ key: TokenKey, priority: @escaping CallUrgency) async throws(AWSError) -> FetchedToken {
    try await token(
      instanceID: key.instanceID, region: key.region, identity: key.identity, endpointURL: key.endpointURL,
      priority: priority)
  }
}
