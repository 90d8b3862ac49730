internal import Dispatch
internal import Glibc
internal import Synchronization
package import System

/// The kernel's clocks.
///
/// Two timers serve all sleepers: one on `CLOCK_BOOTTIME`, which goes off on waking from a suspension that went past it,
/// and one on `CLOCK_REALTIME` that only goes off when that clock is set (`TFD_TIMER_CANCEL_ON_SET`, timerfd_create(2)).
/// Dispatch watches both, so that no thread waits.
package final class SystemClock: MomentClock {
  private let sleepers: Sleepers
  /// Dispatch does not say that its sources are `Sendable`: these are touched in `init` and `deinit` only.
  nonisolated(unsafe) private let sources: [any DispatchSourceRead]

  /// Throws if the kernel gives no timer, as when the process has no descriptor left.
  package init() throws(SystemError) {
    let bootTimer = try KernelTimer(clock: CLOCK_BOOTTIME)
    let wallTimer: KernelTimer
    do {
      wallTimer = try KernelTimer(clock: CLOCK_REALTIME)
    } catch {
      bootTimer.close()
      throw error
    }
    let sleepers = Sleepers(timer: bootTimer)
    let queue = DispatchQueue(label: "fedbroker.clock")
    self.sleepers = sleepers
    unsafe sources = [
      Self.watch(bootTimer, on: queue) { sleepers.wake(dueAt: KernelClock.boot) },
      Self.watch(wallTimer, on: queue) { sleepers.wake(dueAt: .max) },
    ]
    wallTimer.armForClockChange()
  }

  deinit {
    for source in unsafe sources { source.cancel() }
  }

  package var now: Moment { Moment(wall: KernelClock.wall, boot: KernelClock.boot) }

  package func sleep(untilBoot boot: Milliseconds) async throws {
    let id = sleepers.makeID()
    await withCancellableContinuation { continuation in
      sleepers.add(id, until: boot, continuation)
    } onCancel: {
      sleepers.wake(id)
    }
    try Task.checkCancellation()
  }

  /// The timer is closed once nothing watches it any more: a descriptor's number is soon another's.
  private static func watch(
    _ timer: KernelTimer, on queue: DispatchQueue, handler: @escaping @Sendable () -> Void
  ) -> any DispatchSourceRead {
    let source = DispatchSource.makeReadSource(fileDescriptor: timer.descriptor, queue: queue)
    source.setEventHandler {
      timer.acknowledge()
      handler()
    }
    source.setCancelHandler { timer.close() }
    source.activate()
    return source
  }
}

/// The suspended tasks, and the timer that wakes the first of them.
private final class Sleepers: Sendable {
  private struct Sleeper: Sendable {
    let due: Milliseconds
    let continuation: CheckedContinuation<Void, Never>
  }

  private let timer: KernelTimer
  private let sleepers = Mutex<[UInt64: Sleeper]>([:])
  private let lastID = Atomic<UInt64>(0)

  init(timer: KernelTimer) {
    self.timer = timer
  }

  func makeID() -> UInt64 {
    lastID.add(1, ordering: .relaxed).newValue
  }

  func add(_ id: UInt64, until due: Milliseconds, _ continuation: CheckedContinuation<Void, Never>) {
    sleepers.withLock { sleepers in
      sleepers[id] = Sleeper(due: due, continuation: continuation)
      arm(for: sleepers)
    }
  }

  func wake(_ id: UInt64) {
    sleepers.withLock { $0.removeValue(forKey: id) }?.continuation.resume()
  }

  func wake(dueAt now: Milliseconds) {
    let awake = sleepers.withLock { sleepers in
      let awake = sleepers.filter { $0.value.due <= now }
      for id in awake.keys { sleepers[id] = nil }
      arm(for: sleepers)
      return awake.values.map(\.continuation)
    }
    for continuation in awake { continuation.resume() }
  }

  /// Called with the lock held, so that the timer is always set for the sleepers there are.
  private func arm(for sleepers: [UInt64: Sleeper]) {
    timer.arm(at: sleepers.values.lazy.map(\.due).min())
  }
}
