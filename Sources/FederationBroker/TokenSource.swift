package import AWS

/// Where tokens come from: Amazon Connect, an emulator of it, or a test.
package protocol TokenSource: Sendable {
  /// Fetches a token for `key`, with retries.
  ///
  /// Takes as long as upstream takes; the broker bounds each caller's wait. Ends soon, with any error, once the calling
  /// task is cancelled: a shutdown waits for that.
  func fetch(_ key: TokenKey, priority: @escaping CallUrgency) async throws(AWSError) -> FetchedToken
}

extension ConnectFederation: TokenSource {
  package func fetch(_ key: TokenKey, priority: @escaping CallUrgency) async throws(AWSError) -> FetchedToken {
    try await token(
      instanceID: key.instanceID, region: key.region, identity: key.identity, endpointURL: key.endpointURL,
      priority: priority)
  }
}
