import Clocks
import Synchronization

/// A clock that stands still but for sleeping, which moves it at once and is written down.
final class StepClock: MomentClock {
  private struct State {
    var now: Moment
    var sleeps: [Int64] = []
  }

  private let state: Mutex<State>

  /// - Parameter wall: Epoch milliseconds.
  init(wall: Int64 = 1_732_464_000_000) {
    state = Mutex(State(now: Moment(wall: wall, boot: 0)))
  }

  var now: Moment { state.withLock { $0.now } }

  /// The pauses so far, in milliseconds.
  var sleeps: [Int64] { state.withLock { $0.sleeps } }

  func sleep(untilBoot boot: Int64) async throws {
    try Task.checkCancellation()
    state.withLock { state in
      let pause = boot - state.now.boot
      state.sleeps.append(pause)
      state.now.boot += pause
      state.now.wall += pause
    }
  }
}
