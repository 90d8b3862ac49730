package import Clocks
internal import Synchronization

/// A clock that moves when a test moves it.
package final class ManualClock: MomentClock {
  private struct State: Sendable {
    var now: Moment
    var lastID: UInt64 = 0
    var sleepers: [UInt64: Sleeper] = [:]
    /// Who waits for someone to sleep until a given time.
    var watchers: [Sleeper] = []
  }

  private struct Sleeper: Sendable {
    let due: Int64
    let continuation: CheckedContinuation<Void, Never>
  }

  private let state: Mutex<State>

  /// Starts at midnight of 24 November 2026, ten minutes after boot.
  package init(now: Moment = Moment(wall: 1_795_478_400_000, boot: 600_000)) {
    state = Mutex(State(now: now))
  }

  package var now: Moment { state.withLock { $0.now } }

  package func sleep(untilBoot boot: Int64) async throws {
    let id = state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let watchers: [Sleeper] = state.withLock { state in
          guard boot > state.now.boot else {
            continuation.resume()
            return []
          }
          state.sleepers[id] = Sleeper(due: boot, continuation: continuation)
          let seen = state.watchers.filter { $0.due == boot }
          state.watchers.removeAll { $0.due == boot }
          return seen
        }
        for watcher in watchers { watcher.continuation.resume() }
        if Task.isCancelled { wake { sleeper, _ in sleeper == id } }
      }
    } onCancel: {
      wake { sleeper, _ in sleeper == id }
    }
    try Task.checkCancellation()
  }

  /// Lets time pass on both clocks, and wakes those whose time has come.
  package func advance(by duration: Duration) {
    let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
    let boot = state.withLock { state in
      state.now.wall += milliseconds
      state.now.boot += milliseconds
      return state.now.boot
    }
    wake { _, due in due <= boot }
  }

  /// Sets the wall clock, which wakes everyone.
  package func setWall(_ wall: Int64) {
    state.withLock { $0.now.wall = wall }
    wake { _, _ in true }
  }

  /// Returns when someone sleeps until exactly `boot`.
  package func awaitSleep(untilBoot boot: Int64) async {
    await withCheckedContinuation { continuation in
      let isSleeping = state.withLock { state in
        if state.sleepers.values.contains(where: { $0.due == boot }) { return true }
        state.watchers.append(Sleeper(due: boot, continuation: continuation))
        return false
      }
      if isSleeping { continuation.resume() }
    }
  }

  private func wake(where isAwake: (UInt64, Int64) -> Bool) {
    let awake = state.withLock { state in
      let awake = state.sleepers.filter { isAwake($0.key, $0.value.due) }
      for id in awake.keys { state.sleepers[id] = nil }
      return awake.values.map(\.continuation)
    }
    for continuation in awake { continuation.resume() }
  }
}
