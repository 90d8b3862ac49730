internal import Clocks
internal import Configuration
internal import FederationBroker
internal import Logging
internal import Synchronization

/// Locks and unlocks the tokens: while locked the broker gives and fetches none.
///
/// A hit does not ask this class: the broker's cache refuses, under the lock that it takes anyway. Safe to use from any
/// thread.
package final class TokenLock: Sendable {
  private let state = Mutex<LockState?>(nil)
  private let broker: Broker<TokenContent>
  private let clock: any MomentClock
  private let logger: Logger

  init(broker: Broker<TokenContent>, clock: any MomentClock, logger: Logger) {
    self.broker = broker
    self.clock = clock
    self.logger = logger
  }

  /// Why it is locked; `nil` while it is not.
  package var current: LockState? { state.withLock { $0 } }

  /// Locks for one more cause, and returns whether that is new.
  ///
  /// No token is given once this has returned.
  ///
  /// - Parameter isErasing: Whether the cached tokens are erased as well.
  @discardableResult
  package func lock(_ cause: LockState.Cause, isErasing: Bool) -> Bool {
    let now = clock.now.wall
    let isNew = state.withLock { state in
      defer { state = state?.adding(cause) ?? LockState(cause, since: now) }
      return state?.causes.contains(cause) != true
    }
    apply(isErasing: isErasing)
    if isNew {
      logger.notice(
        "locked: no token is given or fetched",
        metadata: ["cause": "\(cause.rawValue)", "tokens": isErasing ? "erased" : "kept"])
    }
    return isNew
  }

  /// Ends one cause, and returns whether it was there.
  @discardableResult
  package func end(_ cause: LockState.Cause) -> Bool {
    change { $0.causes.contains(cause) ? $0.removing(cause) : $0 }
  }

  /// Ends every cause, and returns whether there was one.
  func unlock() -> Bool { change { _ in nil } }

  private func change(_ change: (LockState) -> LockState?) -> Bool {
    let (former, current) = state.withLock { state in
      let former = state
      state = former.flatMap(change)
      return (former, state)
    }
    guard former != current else { return false }
    apply(isErasing: false)
    if current == nil { logger.notice("unlocked") }
    return true
  }

  /// Has the broker do what the state says, also where another thread changes it at the same time: who comes last sees the
  /// last state.
  private func apply(isErasing: Bool) {
    while true {
      let isLocked = current != nil
      if isLocked || isErasing { broker.suspend(isErasing: isErasing) }
      if !isLocked { broker.resume() }
      if isLocked == (current != nil) { return }
    }
  }
}
