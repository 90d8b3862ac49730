package import Clocks

/// The loop in which calls are tried again: one for signed calls, for requests, and for the command line's own.
package enum RetryLoop {
  /// What follows an attempt.
  package enum Step<Value> {
    case end(Value)
    case again(after: Milliseconds)
  }

  /// Makes attempts, numbered from 1, until one ends the loop; throws what an attempt throws, or `cancelled` when the
  /// task is cancelled during a pause.
  package static func run<Value, Failure: Error>(
    clock: any MomentClock, cancelled: Failure, _ attempt: (_ number: Int) async throws(Failure) -> Step<Value>
  ) async throws(Failure) -> Value {
    var number = 1
    while true {
      switch try await attempt(number) {
      case .end(let value): return value
      case .again(let pause):
        number += 1
        do { try await clock.pause(pause) } catch { throw cancelled }
      }
    }
  }
}
