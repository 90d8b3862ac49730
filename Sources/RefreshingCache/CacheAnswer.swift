package import Clocks

/// A cached or new value as a caller gets it.
package struct CacheAnswer<Value: Sendable>: Sendable {
  package let value: Value
  /// Whole seconds since the value came, rounded down.
  package let age: Int
  /// Whole seconds the value has left, rounded down, 0 if its life is over already; `nil` if the origin did not say.
  package let remaining: Int?
  /// Whether it came from the cache.
  package let isHit: Bool
}

/// One entry as people may see it, without its value.
package struct EntrySnapshot<Source: CacheSource>: Sendable, Equatable {
  package let key: Source.Key
  package let state: EntryStatus
  package let isWarm: Bool
  /// The live value's expiration as the origin gave it, epoch milliseconds.
  package let expiration: Milliseconds?
  /// Whole seconds the live value has left by our clocks, rounded down.
  package let remaining: Int?
  /// When the origin last gave a value, epoch milliseconds.
  package let lastRefresh: Milliseconds?
  /// Why the last fetch failed; `nil` once one succeeds.
  package let lastError: Source.Failure?
}

/// The state of an entry.
package enum EntryStatus: String, Sendable {
  /// No live value, and no fetch under way.
  case empty
  /// No live value yet.
  case fetching
  case live
  /// A live value, and a fetch under way for the next.
  case refreshing
}
