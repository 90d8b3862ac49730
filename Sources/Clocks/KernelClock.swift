internal import Glibc

/// Readings of the kernel's clocks: the one place that calls clock_gettime(2).
///
/// All but `processorSeconds` are read without a system call (vdso(7)).
package enum KernelClock {
  /// `CLOCK_REALTIME`: milliseconds since the epoch, which people and time daemons set.
  package static var wall: Milliseconds { milliseconds(CLOCK_REALTIME) }

  /// `CLOCK_BOOTTIME`: milliseconds since boot, suspended time included; only grows.
  package static var boot: Milliseconds { milliseconds(CLOCK_BOOTTIME) }

  /// `CLOCK_MONOTONIC`: milliseconds, suspended time excluded; only grows.
  package static var monotonic: Milliseconds { milliseconds(CLOCK_MONOTONIC) }

  /// `CLOCK_MONOTONIC` in nanoseconds.
  package static var monotonicNanoseconds: Int {
    let time = read(CLOCK_MONOTONIC)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  /// `CLOCK_MONOTONIC_COARSE`: milliseconds, exact to some of them, at a third of the cost.
  package static var coarseMonotonicMilliseconds: Int {
    let time = read(CLOCK_MONOTONIC_COARSE)
    return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
  }

  /// `CLOCK_REALTIME_COARSE`: seconds since the epoch, for `Date`.
  package static var coarseWallSeconds: Int { max(0, read(CLOCK_REALTIME_COARSE).tv_sec) }

  /// Processor time that this process used, in seconds.
  package static var processorSeconds: Double {
    let time = read(CLOCK_PROCESS_CPUTIME_ID)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static func milliseconds(_ clock: clockid_t) -> Milliseconds {
    let time = read(clock)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  private static func read(_ clock: clockid_t) -> timespec {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return time
  }
}
