/// One reading of the two clocks by which things expire, in milliseconds.
public struct Moment: Sendable, Hashable {
  /// `CLOCK_REALTIME`: milliseconds since the epoch.
  ///
  /// People and time daemons set it.
  public var wall: Milliseconds
  /// `CLOCK_BOOTTIME`: milliseconds since boot, suspended time included.
  ///
  /// It only moves forward.
  public var boot: Milliseconds

  /// Makes a reading of both clocks.
  public init(wall: Milliseconds, boot: Milliseconds) {
    self.wall = wall
    self.boot = boot
  }
}

/// A clock that can be read and slept on: `SystemClock`, or a clock that a test moves.
public protocol MomentClock: Sendable {
  var now: Moment { get }

  /// Suspends until `CLOCK_BOOTTIME` reaches `boot`.
  ///
  /// Returns at once on waking from a suspension that went past it, and early, as often as it happens, when the wall
  /// clock is set. Throws `CancellationError` only.
  func sleep(untilBoot boot: Milliseconds) async throws
}

extension MomentClock {
  /// Suspends for as long as that, even if the wall clock is set meanwhile.
  ///
  /// Throws `CancellationError` only.
  public func pause(_ duration: Milliseconds) async throws {
    let end = now.boot + duration
    while now.boot < end { try await sleep(untilBoot: end) }
  }
}
