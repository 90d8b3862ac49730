internal import CLinux
internal import Glibc

/// A timerfd(2), which its owner closes.
struct KernelTimer: Sendable {
  let descriptor: Int32

  /// `clock` is `CLOCK_BOOTTIME` or `CLOCK_REALTIME`.
  init(clock: Int32) throws(ClockError) {
    descriptor = timerfd_create(clock, Int32(TFD_NONBLOCK | TFD_CLOEXEC))
    guard descriptor >= 0 else { throw ClockError(errno: errno) }
  }

  /// Goes off when its clock reaches `milliseconds`, at once if it has; `nil` disarms it.
  func arm(at milliseconds: Int64?) {
    // All zero would disarm it, and less is EINVAL.
    let due = milliseconds.map { max(0, $0) }.map {
      timespec(tv_sec: Int($0 / 1000), tv_nsec: Int($0 % 1000) * 1_000_000 + 1)
    }
    set(due ?? timespec(), flags: TFD_TIMER_ABSTIME)
  }

  /// Goes off when its clock, `CLOCK_REALTIME`, is set.
  func armForClockChange() {
    // The expiry itself is never reached. ECANCELED, given if the clock has just been set, leaves the timer armed.
    set(timespec(tv_sec: .max, tv_nsec: 0), flags: TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)
  }

  /// Takes note that it went off, so that it is not readable any more.
  func acknowledge() {
    var expirations: UInt64 = 0
    _ = unsafe read(descriptor, &expirations, MemoryLayout<UInt64>.size)
  }

  func close() {
    _ = Glibc.close(descriptor)
  }

  private func set(_ due: timespec, flags: Int) {
    var specification = itimerspec(it_interval: timespec(), it_value: due)
    _ = unsafe timerfd_settime(descriptor, Int32(flags), &specification, nil)
  }
}

/// Why there is no clock.
package struct ClockError: Error, Sendable, Equatable {
  /// What the kernel said, as in errno(3).
  package let errno: Int32
}
