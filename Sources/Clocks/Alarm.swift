internal import Synchronization
internal import System

/// A sleep that another thread can end early.
public final class Alarm: Sendable {
  private enum State: Sendable {
    case idle
    case rung
    case sleeping(Task<Void, Never>)
  }

  private let clock: any MomentClock
  private let state = Mutex(State.idle)

  /// Makes an alarm that sleeps on `clock`.
  public init(clock: any MomentClock) {
    self.clock = clock
  }

  /// Sleeps until `boot` (milliseconds on the boot clock), until the wall clock is set, or until `ring`.
  ///
  /// Returns at once if `ring` was called since the last sleep. For one caller at a time.
  public func sleep(untilBoot boot: Milliseconds) async {
    let sleep: Task<Void, Never>? = state.withLock { [clock] state in
      if case .rung = state { return nil }
      let task = Task(executorPreference: TaskPool.shared) { _ = try? await clock.sleep(untilBoot: boot) }
      state = .sleeping(task)
      return task
    }
    await sleep?.value
    state.withLock { $0 = .idle }
  }

  /// Ends the sleep under way, or the next one at once.
  public func ring() {
    let sleep: Task<Void, Never>? = state.withLock { state in
      defer { state = .rung }
      if case .sleeping(let task) = state { return task }
      return nil
    }
    sleep?.cancel()
  }
}
