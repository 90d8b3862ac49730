internal import Secrets

/// One-time codes, which a browser gets in place of the token: each is valid for one grant, once, for a short time.
///
/// Pure: time (milliseconds on the boot clock) and randomness come from outside.
struct OneTimeCodes<Grant: Sendable>: Sendable {
  /// How long a code is valid, in milliseconds.
  let lifetime: Int64
  /// The most codes at a time; beyond that, the oldest is removed.
  static var capacity: Int { 64 }

  private struct Entry {
    let code: Secret
    let grant: Grant
    let end: Int64
  }

  /// Oldest first.
  private var entries: [Entry] = []

  init(lifetime: Int64 = 30_000) {
    self.lifetime = lifetime
  }

  mutating func add(_ code: Secret, for grant: Grant, now: Int64) {
    entries.removeAll { $0.end <= now }
    if entries.count >= Self.capacity { entries.removeFirst() }
    entries.append(Entry(code: code, grant: grant, end: now + lifetime))
  }

  /// Returns the grant of a code, which stays valid; `nil` if the code is unknown, was spent or has expired.
  ///
  /// The time that this takes does not depend on the codes.
  func grant(of code: Secret, now: Int64) -> Grant? {
    var found: Grant?
    for entry in entries where entry.code == code && now < entry.end { found = entry.grant }
    return found
  }

  mutating func spend(_ code: Secret) {
    entries.removeAll { $0.code == code }
  }
}
