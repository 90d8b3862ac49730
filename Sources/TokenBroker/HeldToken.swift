internal import Clocks

/// A token in the cache, as what was made of it.
struct HeldToken: Sendable {
  let payload: any AnyObject & Sendable
  let expiry: Expiry
  /// As upstream gave it, epoch milliseconds.
  let expiration: Int64
  /// Milliseconds on the boot clock.
  let receivedAt: Int64
  /// How long before its expiry the next one is fetched, in milliseconds.
  let lead: Int64
  /// The time to refresh came and nobody had asked for long: it ends at its expiry, unless someone asks before.
  var isLapsing = false

  func answer(at now: Moment, isHit: Bool) -> StoredAnswer {
    StoredAnswer(
      payload: payload, age: Int(max(0, now.boot - receivedAt) / 1000),
      remaining: Int(max(0, expiry.remaining(at: now)) / 1000), isHit: isHit)
  }
}
