public import Clocks
internal import Synchronization
internal import System

/// Runs at most one operation for a key at a time; all callers who come meanwhile get its result.
///
/// An operation runs in a task of its own, so that a cancelled caller leaves it to the others. Once nobody waits
/// for it any more it is cancelled, unless it was begun with `begin`. One that has been under way for too long holds nobody:
/// the next caller starts another for all, and what the old one brings is dropped. Safe to use from any thread.
public final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  /// What is run once for all callers of a key.
  public typealias Operation = @Sendable () async -> Value

  private struct Flight: Sendable {
    let id: UInt64
    /// Milliseconds on the boot clock.
    let startedAt: Milliseconds
    let task: Task<Void, Never>
    /// Whether it ends early once nobody waits.
    let isForWaitersOnly: Bool
    var waiting: [UInt64: CheckedContinuation<Value?, Never>] = [:]
  }

  private struct State: Sendable {
    var flights: [Key: Flight] = [:]
    var lastID: UInt64 = 0

    mutating func nextID() -> UInt64 {
      lastID += 1
      return lastID
    }
  }

  private let state = Mutex(State())
  private let clock: any MomentClock
  private let patience: Milliseconds

  /// Starts with no operation under way.
  ///
  /// - Parameters:
  ///   - clock: The clock by which operations grow old.
  ///   - patience: How old an operation may be that callers wait for, in milliseconds.
  public init(clock: any MomentClock, patience: Milliseconds) {
    self.clock = clock
    self.patience = patience
  }

  /// Returns the result of the operation under way for `key`, or of `operation`, which is started if there is none.
  ///
  /// Returns `nil` if the calling task is cancelled before there is a result.
  public func value(for key: Key, _ operation: @escaping Operation) async -> Value? {
    let waiter = state.withLock { $0.nextID() }
    return await withCancellableContinuation { continuation in
      let former = state.withLock { state in
        let former = ensureFlight(key, operation, isForWaitersOnly: true, in: &state)
        state.flights[key]?.waiting[waiter] = continuation
        return former
      }
      former?.cancel()
    } onCancel: {
      leave(key, waiter)
    }
  }

  /// Starts `operation` if none is under way for `key`, and returns at once.
  public func begin(_ key: Key, _ operation: @escaping Operation) {
    let former = state.withLock { ensureFlight(key, operation, isForWaitersOnly: false, in: &$0) }
    former?.cancel()
  }

  /// Starts `operation` if none is under way for `key`, or one that is too old.
  ///
  /// Returns the latter's task, which is to be cancelled.
  private func ensureFlight(
    _ key: Key, _ operation: @escaping Operation, isForWaitersOnly: Bool, in state: inout State
  ) -> Task<Void, Never>? {
    let now = clock.now.boot
    let former = state.flights[key]
    if let former, now - former.startedAt < patience { return nil }
    let id = state.nextID()
    let task = Task(executorPreference: TaskPool.shared) { [self] in finish(key, id, await operation()) }
    state.flights[key] = Flight(
      id: id, startedAt: now, task: task, isForWaitersOnly: isForWaitersOnly, waiting: former?.waiting ?? [:])
    return former?.task
  }

  private func leave(_ key: Key, _ waiter: UInt64) {
    let (continuation, abandoned) = state.withLock { state in
      let continuation = state.flights[key]?.waiting.removeValue(forKey: waiter)
      guard continuation != nil, let flight = state.flights[key], flight.waiting.isEmpty, flight.isForWaitersOnly
      else { return (continuation, Task<Void, Never>?.none) }
      state.flights[key] = nil
      return (continuation, flight.task)
    }
    abandoned?.cancel()
    continuation?.resume(returning: nil)
  }

  private func finish(_ key: Key, _ id: UInt64, _ value: Value) {
    let waiting = state.withLock { state in
      // An abandoned flight may end after another one has begun.
      state.flights[key]?.id == id ? state.flights.removeValue(forKey: key)?.waiting : nil
    }
    for continuation in (waiting ?? [:]).values { continuation.resume(returning: value) }
  }
}
