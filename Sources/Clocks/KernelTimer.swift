internal import CLinux
internal import Glibc
internal import System

/// A timerfd(2), which its owner closes.
struct KernelTimer: Sendable {
  let descriptor: Int32

  /// `clock` is `CLOCK_BOOTTIME` or `CLOCK_REALTIME`.
  init(clock: Int32) throws(SystemError) {
    descriptor = try SystemError.check("timerfd_create") { timerfd_create(clock, Int32(TFD_NONBLOCK | TFD_CLOEXEC)) }
  }

  /// Goes off when its clock reaches `milliseconds`, at once if it has; `nil` disarms it.
  func arm(at milliseconds: Milliseconds?) {
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

  /// Makes the descriptor unreadable again after the timer went off.
  func acknowledge() {
    var expirations: UInt64 = 0
    unsafe _ = read(descriptor, &expirations, MemoryLayout<UInt64>.size)
  }

  func close() {
    _ = Glibc.close(descriptor)
  }

  private func set(_ due: timespec, flags: Int) {
    var specification = itimerspec(it_interval: timespec(), it_value: due)
    unsafe _ = timerfd_settime(descriptor, Int32(flags), &specification, nil)
  }
}
