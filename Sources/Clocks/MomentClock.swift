/// One reading of the two clocks by which things expire, in milliseconds.
package struct Moment: Sendable, Hashable {
  /// `CLOCK_REALTIME`: milliseconds since the epoch.
  ///
  /// People and time daemons set it.
  package var wall: Milliseconds
  /// `CLOCK_BOOTTIME`: milliseconds since boot, suspended time included.
  ///
  /// It only moves forward.
  package var boot: Milliseconds

  package init(wall: Milliseconds, boot: Milliseconds) {
    self.wall = wall
    self.boot = boot
  }
}

/// Tells the time and sleeps: `SystemClock`, or a clock that a test moves.
package protocol MomentClock: Sendable {
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
  package func pause(_ duration: Milliseconds) async throws {
    let end = now.boot + duration
    while now.boot < end { try await sleep(untilBoot: end) }
  }
}
