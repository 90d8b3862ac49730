internal import Glibc

/// The kernel's coarse clocks: exact to some milliseconds, and read without a system call.
enum CoarseClock {
  /// Milliseconds that only grow, for deadlines.
  static var monotonicMilliseconds: Int {
    let time = read(CLOCK_MONOTONIC_COARSE)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }

  /// Seconds since the epoch, for `Date`.
  static var wallSeconds: Int {
    max(0, read(CLOCK_REALTIME_COARSE).tv_sec)
  }

  private static func read(_ clock: Int32) -> timespec {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return time
  }
}
