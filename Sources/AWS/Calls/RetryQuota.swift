internal import Synchronization

/// Keeps retries from adding to an outage: they draw on a store that only successful calls refill.
package final class RetryQuota: Sendable {
  package static let capacity = 500
  private static let reward = 1
  private let available = Mutex(capacity)

  package init() {}

  /// Takes `cost` and returns `true`; returns `false` if the store holds less.
  package func take(_ cost: Int) -> Bool {
    available.withLock { available in
      guard available >= cost else { return false }
      available -= cost
      return true
    }
  }

  /// A call succeeded.
  ///
  /// - Parameter lastCost: What its last retry took; `nil` if the first attempt succeeded.
  package func giveBack(_ lastCost: Int?) {
    available.withLock { $0 = min(Self.capacity, $0 + (lastCost ?? Self.reward)) }
  }
}
