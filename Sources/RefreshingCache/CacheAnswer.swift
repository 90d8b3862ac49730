public import Clocks

/// A cached or new value as a caller gets it.
public struct CacheAnswer<Value: Sendable>: Sendable {
  /// What the source fetched.
  public let value: Value
  /// Whole seconds since the value came, rounded down.
  public let age: Int
  /// Whole seconds the value has left, rounded down, 0 if its life is over already; `nil` if the origin did not say.
  public let remaining: Int?
  /// Whether it came from the cache.
  public let isHit: Bool
}

/// One entry as people may see it, without its value.
public struct EntrySnapshot<Source: CacheSource>: Sendable, Equatable {
  /// What the value is cached for.
  public let key: Source.Key
  /// Whether there is a live value, and whether one is being fetched.
  public let state: EntryStatus
  /// Whether the key is fetched without being asked for, and kept fresh.
  public let isWarm: Bool
  /// The live value's expiration as the origin gave it, epoch milliseconds.
  public let expiration: Milliseconds?
  /// Whole seconds the live value has left by our clocks, rounded down.
  public let remaining: Int?
  /// When the origin last gave a value, epoch milliseconds.
  public let lastRefresh: Milliseconds?
  /// Why the last fetch failed; `nil` once one succeeds.
  public let lastError: Source.Failure?
}

/// The state of an entry.
public enum EntryStatus: String, Sendable {
  /// No live value, and no fetch under way.
  case empty
  /// No live value yet.
  case fetching
  case live
  /// A live value, and a fetch under way for the next.
  case refreshing
}
