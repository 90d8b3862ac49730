internal import CLinux
internal import Glibc
package import System

/// Ends the waits of one thread from another one (eventfd(2)).
///
/// Safe to use from any thread.
package final class BusInterrupt: Sendable {
  let descriptor: Int32

  package init() throws(SystemError) {
    descriptor = try SystemError.check("eventfd") { eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK)) }
  }

  deinit { close(descriptor) }

  /// Ends the wait under way and all later ones.
  package func interrupt() {
    var one: UInt64 = 1
    _ = unsafe write(descriptor, &one, 8)
  }

  /// Waits for so many milliseconds, and returns whether it was interrupted.
  package func isInterrupted(within milliseconds: Int32) -> Bool {
    var descriptors = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while true {
      let count = unsafe poll(&descriptors, 1, milliseconds)
      if count >= 0 { return count > 0 }
      guard errno == EINTR else { return true }
    }
  }
}
