internal import Clocks
internal import Synchronization
internal import System

/// Reports refusals, as `QuietRefusals` decides, and comes back for the counts while someone is being refused.
///
/// Safe to use from any thread.
final class Refusals: Sendable {
  private struct State {
    var quiet = QuietRefusals()
    /// Whether a task waits for the next report.
    var isAttended = false
  }

  private let state = Mutex(State())
  private let clock: any MomentClock
  private let report: @Sendable (QuietRefusals.Report) -> Void

  init(clock: any MomentClock, report: @escaping @Sendable (QuietRefusals.Report) -> Void) {
    self.clock = clock
    self.report = report
  }

  func note(_ key: QuietRefusals.Key, _ sample: QuietRefusals.Sample) {
    let now = clock.now.boot
    let (reports, isToBeAttended) = state.withLock { state in
      defer { state.isAttended = true }
      return (state.quiet.note(key, sample, now: now), !state.isAttended)
    }
    for report in reports { self.report(report) }
    if isToBeAttended { Task(executorPreference: TaskPool.shared) { [self] in await attend() } }
  }

  /// Reports all counts now: the daemon ends.
  func flush() {
    for report in state.withLock({ $0.quiet.takeAll() }) { self.report(report) }
  }

  private func attend() async {
    while true {
      let due = state.withLock { state in
        state.isAttended = state.quiet.nextDue != nil
        return state.quiet.nextDue
      }
      guard let due else { return }
      do { try await clock.sleep(untilBoot: due) } catch { return }
      let now = clock.now.boot
      for report in state.withLock({ $0.quiet.takeDue(now: now) }) { self.report(report) }
    }
  }
}
