internal import Clocks
internal import RefreshingCache

/// Temporary credentials in use, and when to look for newer ones.
///
/// Pure.
struct HeldCredentials: Sendable {
  enum Standing: Sendable, Equatable {
    case good
    /// A file has changed: somebody else may have signed in, or the one who was has signed out.
    case doubted
    /// AWS called them too old.
    case refused
  }

  enum Use: Sendable, Equatable {
    case asTheyAre
    /// They are good, and their end is near enough to get others meanwhile.
    case whileRenewing
    case afterRenewal
  }

  let credentials: AWSCredentials
  /// `nil` for those that do not end.
  private let expiry: Expiry?
  /// How long before their end others are looked for.
  private let lead: Milliseconds
  var standing = Standing.good
  /// Milliseconds on the boot clock: a renewal that failed is not tried again before.
  private var notBefore = Milliseconds.min

  /// Holds credentials that came at `now`; returns `nil` if their life is over already.
  init?(_ credentials: AWSCredentials, now: Moment) {
    self.credentials = credentials
    expiry = credentials.expiration.map { Expiry(expiration: $0, originDate: nil, sent: now, received: now) }
    let lifetime = expiry?.lifetime ?? .max
    guard lifetime > 0 else { return nil }
    // Five minutes, as the AWS SDKs do; 15 % of a life that is short.
    lead = min(5 * 60_000, lifetime / 100 * 15)
  }

  /// Returns how a caller may use them at `now`.
  func use(now: Moment) -> Use {
    guard standing == .good, remaining(now) > 0 else { return .afterRenewal }
    return remaining(now) <= lead && now.boot >= notBefore ? .whileRenewing : .asTheyAre
  }

  /// Returns whether they stay in use although no newer ones could be fetched.
  mutating func survives(_ error: AWSError, now: Moment) -> Bool {
    let isSignedOut = standing == .doubted && error.reason == .noCredentials
    guard remaining(now) > 0, standing != .refused, !isSignedOut else { return false }
    standing = .good
    notBefore = now.boot + min(30_000, max(1000, remaining(now) / 10))
    return true
  }

  /// Milliseconds left by the clock that leaves less: the wall clock may be set, the boot clock may not.
  func remaining(_ now: Moment) -> Milliseconds { expiry?.remaining(at: now) ?? .max }
}
