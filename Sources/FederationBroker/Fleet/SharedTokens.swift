internal import Clocks

/// The shared tokens that a daemon holds, and the drops that it made or heard of.
///
/// Pure. A drop names a generation, not a time, so that no clocks are compared: a token of a dropped generation is good for
/// nobody, wherever it comes from and whenever it was made. Times are milliseconds on the boot clock.
struct SharedTokens {
  /// A token in the cache that the store has too.
  struct Held: Equatable {
    let region: String
    /// What its entry may be called.
    let names: [String]
    let generation: String
    /// By AWS's clock, epoch milliseconds.
    let expiry: Milliseconds
    /// When its life is over.
    let end: Milliseconds
  }

  /// No token lives longer.
  static let dropMemory: Milliseconds = 12 * 3_600_000
  private static let mostHeld = 100_000
  private static let mostDropped = 100_000

  private(set) var held: [TokenKey: Held] = [:]
  /// The dropped generations, and when each may be forgotten.
  private var dropped: [String: Milliseconds] = [:]
  /// The oldest first.
  private var droppedInOrder: ArraySlice<String> = []
  /// How many sweeps of old entries there were to make room.
  private var nextSweep = 1024

  /// Notes that the cache has a token; returns `false` for one that was dropped.
  mutating func hold(_ token: Held, for key: TokenKey, now: Milliseconds) -> Bool {
    guard !isDropped(token.generation) else { return false }
    if held.count >= nextSweep {
      held = held.filter { $0.value.end > now }
      if held.count >= Self.mostHeld { held = [:] }
      nextSweep = max(1024, 2 * held.count)
    }
    held[key] = token
    return true
  }

  /// Notes that the cache no longer has the key's token, and returns what was known of it.
  mutating func release(_ key: TokenKey) -> Held? { held.removeValue(forKey: key) }

  func isDropped(_ generation: String) -> Bool { dropped[generation] != nil }

  /// Notes a drop, and returns the keys whose tokens it voids.
  mutating func drop(_ generation: String, now: Milliseconds) -> [TokenKey] {
    while let first = droppedInOrder.first,
      droppedInOrder.count >= Self.mostDropped || dropped[first, default: 0] <= now
    {
      droppedInOrder.removeFirst()
      dropped[first] = nil
    }
    if dropped.updateValue(now + Self.dropMemory, forKey: generation) == nil { droppedInOrder.append(generation) }
    return void { $0.generation == generation }
  }

  /// Takes out the tokens of a region whose entries have another generation than they had, and returns their keys.
  ///
  /// - Parameter generations: Those in the store, by name; a name without an entry says nothing.
  mutating func compare(_ generations: [String: String], now: Milliseconds) -> [TokenKey] {
    let others = held.values.filter { token in
      token.names.contains { name in generations[name].map { $0 != token.generation } ?? false }
        && !token.names.contains { generations[$0] == token.generation }
    }
    return others.flatMap { drop($0.generation, now: now) }
  }

  private mutating func void(where isVoid: (Held) -> Bool) -> [TokenKey] {
    let keys = held.filter { isVoid($0.value) }.map(\.key)
    for key in keys { held[key] = nil }
    return keys
  }
}
