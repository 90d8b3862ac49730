/// One reading of the clocks that matter, in milliseconds.
package struct Moment: Sendable, Hashable {
  /// `CLOCK_REALTIME`: milliseconds since the epoch.
  ///
  /// People and time daemons set it.
  package var wall: Int64
  /// `CLOCK_BOOTTIME`: milliseconds since boot, suspended time included.
  ///
  /// It only moves forward.
  package var boot: Int64

  package init(wall: Int64, boot: Int64) {
    self.wall = wall
    self.boot = boot
  }
}

/// The clocks, as a value that tests replace.
package protocol BrokerClock: Sendable {
  var now: Moment { get }

  /// Suspends until `CLOCK_BOOTTIME` reaches `boot` (milliseconds). Returns at once on waking from a suspension that
  /// went past it, and early, as often as it happens, when the wall clock is set. Throws `CancellationError` only.
  func sleep(untilBoot boot: Int64) async throws
}
