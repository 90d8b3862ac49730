internal import CLinux
internal import Dispatch
internal import Glibc
internal import Synchronization

/// The kernel's clocks.
///
/// Two timers serve all who sleep: one on `CLOCK_BOOTTIME`, which goes off on waking from a suspension that went past it,
/// and one on `CLOCK_REALTIME` that never comes due but ends with ECANCELED when that clock is set (timerfd_create(2),
/// `TFD_TIMER_CANCEL_ON_SET`). Both are read by Dispatch, so that no thread waits for them.
package final class SystemClock: BrokerClock {
  private let bootTimer: Int32
  private let wallTimer: Int32
  private let sleepers = SleepQueue()
  private let sources: [any DispatchSourceRead]

  /// Throws if the kernel gives no timer, as when the process has no descriptor left.
  package init() throws(ClockError) {
    bootTimer = try Self.makeTimer(CLOCK_BOOTTIME)
    do throws(ClockError) {
      wallTimer = try Self.makeTimer(CLOCK_REALTIME)
    } catch {
      close(bootTimer)
      throw error
    }
    let queue = DispatchQueue(label: "fedbroker.clock")
    sources = [bootTimer, wallTimer].map { DispatchSource.makeReadSource(fileDescriptor: $0, queue: queue) }
    watchTimers()
  }

  deinit {
    for source in sources { source.cancel() }
  }

  package var now: Moment {
    Moment(wall: Self.milliseconds(CLOCK_REALTIME), boot: Self.milliseconds(CLOCK_BOOTTIME))
  }

  package func sleep(untilBoot boot: Int64) async throws {
    let id = sleepers.makeID()
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        sleepers.add(id, until: boot, continuation, arm: arm)
        // Cancelled before it slept: the handler found nobody.
        if Task.isCancelled { sleepers.wake(id) }
      }
    } onCancel: {
      sleepers.wake(id)
    }
    try Task.checkCancellation()
  }
}

/// Why there is no clock.
package struct ClockError: Error, Sendable {
  package let errno: Int32
}
