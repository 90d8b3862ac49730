internal import Glibc

package enum MonotonicTime {
  /// Nanoseconds of a clock that only moves forward, read without a system call (vdso(7)).
  package static var nanoseconds: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
