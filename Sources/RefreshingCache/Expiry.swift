public import Clocks

/// When a value's life ends, on two clocks at once: over on either is over.
///
/// The boot clock sees a suspended machine and cannot be set, so a wall clock set back lengthens no life. The wall clock
/// is what the origin's time was given in: set forward, it may have been right, and a fetch is cheaper than a mistake.
public struct Expiry: Sendable, Equatable {
  /// What the origin granted, in milliseconds; negative if the value came expired.
  public let lifetime: Milliseconds
  private let end: Moment

  /// Anchors the origin's time on our clocks, so that neither latency nor skew lengthens the value's life.
  ///
  /// The origin's `Date` was written somewhere between `sent` and `received`: counting from the earlier of the two gives
  /// the shorter life. `Date` has whole seconds (RFC 9110 §5.6.7), so the origin's clock may have been almost one further.
  ///
  /// - Parameters:
  ///   - expiration: The origin's expiration, epoch milliseconds.
  ///   - originDate: The `Date` of the same response, epoch milliseconds; without it our wall clock is believed.
  ///   - sent: A moment before the request left.
  ///   - received: A moment after the response came.
  public init(expiration: Milliseconds, originDate: Milliseconds?, sent: Moment, received: Moment) {
    let expiration = Self.clamp(expiration)
    if let date = originDate.map(Self.clamp) {
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
  public func remaining(at now: Moment) -> Milliseconds {
    min(end.wall - now.wall, end.boot - now.boot)
  }

  private static let dateResolution: Milliseconds = 999

  /// The origin may send any number: this one is far beyond any value's life and safe to add to.
  private static func clamp(_ milliseconds: Milliseconds) -> Milliseconds {
    min(max(milliseconds, 0), 1 << 52)
  }
}
