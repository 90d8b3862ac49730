internal import Secrets

/// Codes that are each good for one thing, once, and not for long: what a browser gets in place of the token.
///
/// Pure: time (milliseconds on the boot clock) and randomness come from outside.
struct OneTimeCodes<Grant: Sendable>: Sendable {
  /// Milliseconds.
  static var lifetime: Int64 { 30_000 }
  /// More than people open at a time; the oldest makes room.
  static var capacity: Int { 64 }

  private struct Entry {
    let code: Secret
    let grant: Grant
    let end: Int64
  }

  /// Oldest first.
  private var entries: [Entry] = []

  mutating func add(_ code: Secret, for grant: Grant, now: Int64) {
    entries.removeAll { $0.end <= now }
    if entries.count >= Self.capacity { entries.removeFirst() }
    entries.append(Entry(code: code, grant: grant, end: now + Self.lifetime))
  }

  /// What a code is good for; `nil` if it is none, was spent or has expired.
  ///
  /// It stays good. How long this takes tells nothing of any code.
  func grant(of code: Secret, now: Int64) -> Grant? {
    var found: Grant?
    for entry in entries where entry.code == code && now < entry.end { found = entry.grant }
    return found
  }

  mutating func spend(_ code: Secret) {
    entries.removeAll { $0.code == code }
  }
}
