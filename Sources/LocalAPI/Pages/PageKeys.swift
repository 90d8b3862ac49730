internal import Secrets

/// The keys of open status pages: valid for state, refresh and sign-in, never for a token, and for nothing that who opened
/// the page may not do.
///
/// Pure: time (milliseconds on the boot clock) and randomness come from outside.
struct PageKeys: Sendable {
  /// How long a key stays valid after its last use, in milliseconds.
  static let idleTime: Int64 = 600_000
  /// How long a key is valid at most, in milliseconds: a shift.
  static let longestTime: Int64 = 12 * 3600 * 1000
  /// The most keys at a time; beyond that, the key that was idle longest is removed.
  static let capacity = 64

  private struct Entry {
    let key: Secret
    let opener: Caller
    let start: Int64
    var lastUse: Int64
  }

  private var entries: [Entry] = []

  mutating func add(_ key: Secret, for opener: Caller, now: Int64) {
    removeEnded(now)
    if entries.count >= Self.capacity,
      let oldest = entries.indices.min(by: { entries[$0].lastUse < entries[$1].lastUse })
    {
      entries.remove(at: oldest)
    }
    entries.append(Entry(key: key, opener: opener, start: now, lastUse: now))
  }

  /// Returns who opened the page, and resets the key's idle timer; `nil` where the key is not valid.
  ///
  /// The time that this takes does not depend on the keys.
  mutating func use(_ key: Secret, now: Int64) -> Caller? {
    removeEnded(now)
    var opener: Caller?
    for index in entries.indices where entries[index].key == key {
      entries[index].lastUse = now
      opener = entries[index].opener
    }
    return opener
  }

  private mutating func removeEnded(_ now: Int64) {
    entries.removeAll { now - $0.lastUse >= Self.idleTime || now - $0.start >= Self.longestTime }
  }
}
