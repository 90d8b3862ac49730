internal import AWS
internal import FederationBroker
internal import Synchronization

/// A source of tokens that a reload can exchange for another.
final class ReplaceableSource: TokenSource {
  private let source: Mutex<any TokenSource>

  init(_ source: any TokenSource) {
    self.source = Mutex(source)
  }

  /// Replaces the source for later calls; calls under way continue.
  func replace(with other: any TokenSource) {
    source.withLock { $0 = other }
  }

  func fetch(_ key: TokenKey, priority: @escaping CallUrgency) async throws(AWSError) -> FetchedToken {
    try await source.withLock { $0 }.fetch(key, priority: priority)
  }

  func drop(_ key: TokenKey) {
    source.withLock { $0 }.drop(key)
  }
}
