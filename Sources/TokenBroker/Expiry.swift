internal import Clocks

/// When a token's life ends, on two clocks at once: over on either is over.
///
/// The boot clock sees a suspended machine and cannot be set, so a wall clock set back lengthens no life. The wall clock
/// is what upstream's time was given in: set forward, it may have been right, and a token is cheaper than a mistake.
struct Expiry: Sendable, Equatable {
  /// What upstream granted, in milliseconds; negative if the token came expired.
  let lifetime: Int64
  private let end: Moment

  /// Anchors upstream's time on our clocks, so that neither latency nor skew lengthens the token's life.
  ///
  /// Upstream's `Date` was written somewhere between `sent` and `received`: counting from the earlier of the two gives
  /// the shorter life. `Date` has whole seconds (RFC 9110 §5.6.7), so upstream's clock may have been almost one further.
  ///
  /// - Parameters:
  ///   - expiration: Upstream's expiration, epoch milliseconds.
  ///   - upstreamDate: The `Date` of the same response, epoch milliseconds; without it our wall clock is believed.
  ///   - sent: A moment before the request left.
  ///   - received: A moment after the response came.
  init(expiration: Int64, upstreamDate: Int64?, sent: Moment, received: Moment) {
    let expiration = Self.clamp(expiration)
    if let date = upstreamDate.map(Self.clamp) {
      lifetime = expiration - date
      let left = lifetime - Self.dateResolution
      end = Moment(wall: min(sent.wall, received.wall) + left, boot: min(sent.boot, received.boot) + left)
    } else {
      lifetime = expiration - received.wall
      end = Moment(
        wall: expiration, boot: min(sent.boot + expiration - sent.wall, received.boot + expiration - received.wall))
    }
  }

  /// Milliseconds left; zero or less once it is over.
  func remaining(at now: Moment) -> Int64 {
    min(end.wall - now.wall, end.boot - now.boot)
  }

  private static let dateResolution: Int64 = 999

  /// Upstream may send any number: this one is far beyond any token's life and safe to add to.
  private static func clamp(_ milliseconds: Int64) -> Int64 {
    min(max(milliseconds, 0), 1 << 52)
  }
}
