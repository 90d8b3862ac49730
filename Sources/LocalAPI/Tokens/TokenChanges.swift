package import Clocks
package import FederationBroker
internal import RefreshingCache
internal import Synchronization
internal import System

/// Lets requests wait until something has happened to a key's token.
///
/// A request that waits is a suspended task: it holds its connection, and no thread. Safe to use from any thread.
package final class TokenChanges: Sendable {
  /// Why a wait has ended.
  enum Outcome: Sendable {
    /// The token may be another one now, or gone.
    case changed
    /// The time is over, or the daemon ends.
    case over
  }

  private struct State: Sendable {
    var waiting: [TokenKey: [UInt64: CheckedContinuation<Outcome, Never>]] = [:]
    var lastID: UInt64 = 0
    var isEnded = false
  }

  private let clock: any MomentClock
  private let state = Mutex(State())

  package init(clock: any MomentClock) {
    self.clock = clock
  }

  /// How many requests wait.
  package var count: Int { state.withLock { $0.waiting.values.reduce(0) { $0 + $1.count } } }

  /// Waits for a change of the key's token.
  ///
  /// Returns `.over` at `deadline` (milliseconds on the boot clock), when the calling task is cancelled, and at once after
  /// `end`. `hasChanged` is asked after the wait has begun, so that no change is missed; it must be quick.
  func wait(
    for key: TokenKey, until deadline: Milliseconds, unless hasChanged: () -> Bool
  ) async -> Outcome {
    let id = state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
    let timer = Task(executorPreference: TaskPool.shared) { [self, clock] in
      do { try await clock.pause(deadline - clock.now.boot) } catch { return }
      resume(id, of: key, .over)
    }
    defer { timer.cancel() }
    return await withCancellableContinuation { continuation in
      let isEnded = state.withLock { state in
        if !state.isEnded { state.waiting[key, default: [:]][id] = continuation }
        return state.isEnded
      }
      if isEnded { return continuation.resume(returning: .over) }
      if hasChanged() { resume(id, of: key, .changed) }
      // The timer may have ended before there was anything to resume.
      if clock.now.boot >= deadline { resume(id, of: key, .over) }
    } onCancel: {
      resume(id, of: key, .over)
    }
  }

  /// Wakes the requests that an event concerns.
  package func note(_ event: BrokerEvent) {
    switch event {
    case .fetched(let key, _, lifetime: _, isKept: _, requestID: _), .rejected(let key, _, _), .lapsed(let key),
      .erased(let key):
      wake(key)
    // The token of an entry that made room, or whose next fetch failed, is good for those who have it.
    case .evicted(_), .fetchFailed(_, _, _): break
    }
  }

  /// Ends all waits, and the later ones at once: the daemon shuts down.
  package func end() {
    let waiting = state.withLock { state in
      defer { state.waiting = [:] }
      state.isEnded = true
      return state.waiting.values.flatMap(\.values)
    }
    for continuation in waiting { continuation.resume(returning: .over) }
  }

  private func wake(_ key: TokenKey) {
    let waiting = state.withLock { $0.waiting.removeValue(forKey: key) }
    for continuation in waiting?.values.map(\.self) ?? [] { continuation.resume(returning: .changed) }
  }

  private func resume(_ id: UInt64, of key: TokenKey, _ outcome: Outcome) {
    let continuation = state.withLock { state in
      let continuation = state.waiting[key]?.removeValue(forKey: id)
      if state.waiting[key]?.isEmpty == true { state.waiting[key] = nil }
      return continuation
    }
    continuation?.resume(returning: outcome)
  }
}
