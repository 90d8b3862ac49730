internal import FederationBroker
internal import Secrets

/// The keys by which a browser signs in without a click: each for one person, one instance and one user of the machine, for
/// the length of a shift.
///
/// Pure: time (milliseconds on the boot clock) and randomness come from outside.
struct ShiftKeys: Sendable {
  /// What a key is good for.
  struct Grant: Sendable, Equatable {
    let page: PageSignIn
    /// The Connect user that was signed in when the key was given, as AWS names it.
    let userARN: String?
  }

  /// How long a key is valid, in milliseconds.
  static let lifetime: Int64 = 12 * 3600 * 1000
  /// The most keys at a time; beyond that, the oldest is removed.
  static let capacity = 64

  private struct Entry {
    let key: Secret
    let grant: Grant
    let end: Int64
  }

  /// Oldest first.
  private var entries: [Entry] = []

  mutating func add(_ key: Secret, for grant: Grant, now: Int64) {
    entries.removeAll { $0.end <= now || $0.key == key }
    if entries.count >= Self.capacity { entries.removeFirst() }
    entries.append(Entry(key: key, grant: grant, end: now + Self.lifetime))
  }

  /// Returns what a key is good for; `nil` where it is not valid.
  ///
  /// The time that this takes does not depend on the keys.
  func grant(of key: Secret, now: Int64) -> Grant? {
    var found: Grant?
    for entry in entries where entry.key == key && now < entry.end { found = entry.grant }
    return found
  }

  mutating func remove(_ key: Secret) {
    entries.removeAll { $0.key == key }
  }
}
