internal import Secrets

/// The keys of status pages that are open: good for state, refresh and sign-in, never for a token.
///
/// Pure: time (milliseconds on the boot clock) and randomness come from outside.
struct PageKeys: Sendable {
  /// Milliseconds after its last use for which a key is good.
  static let idleTime: Int64 = 600_000
  /// More than people open at a time; the one that was idle longest makes room.
  static let capacity = 16

  private struct Entry {
    let key: Secret
    var lastUse: Int64
  }

  private var entries: [Entry] = []

  mutating func add(_ key: Secret, now: Int64) {
    removeIdle(now)
    if entries.count >= Self.capacity,
      let oldest = entries.indices.min(by: { entries[$0].lastUse < entries[$1].lastUse })
    {
      entries.remove(at: oldest)
    }
    entries.append(Entry(key: key, lastUse: now))
  }

  /// Whether a key is good, which its use keeps it.
  ///
  /// How long this takes tells nothing of any key.
  mutating func use(_ key: Secret, now: Int64) -> Bool {
    removeIdle(now)
    var isGood = false
    for index in entries.indices where entries[index].key == key {
      entries[index].lastUse = now
      isGood = true
    }
    return isGood
  }

  private mutating func removeIdle(_ now: Int64) {
    entries.removeAll { now - $0.lastUse >= Self.idleTime }
  }
}
