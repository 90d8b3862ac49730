/// What a `Broker` keeps behind its lock.
struct SharedState: Sendable {
  typealias Continuation = CheckedContinuation<Result<StoredAnswer, BrokerError>, Never>

  /// What is left to do once the lock is free.
  struct Outcome: Sendable {
    var answers: [(Continuation, Result<StoredAnswer, BrokerError>)] = []
    var cancelled: [Task<Void, Never>] = []
    var events: [BrokerEvent] = []
  }

  var cache: TokenCacheState
  var waiting: [Waiter.ID: Continuation] = [:]
  var fetches: [TokenKey: Task<Void, Never>] = [:]
  var scheduler: Task<Void, Never>?

  init(cache: TokenCacheState) {
    self.cache = cache
  }

  /// Starts fetches at once, so that a shutdown cannot miss one, and gives the rest back.
  mutating func carryOut(
    _ actions: [Action], startFetch: (TokenKey, FetchCause) -> Task<Void, Never>
  ) -> Outcome {
    var outcome = Outcome()
    for action in actions {
      switch action {
      case .fetch(let key, let cause):
        fetches[key] = startFetch(key, cause)
      case .cancelFetch(let key):
        if let task = fetches[key] { outcome.cancelled.append(task) }
      case .answer(let waiters, let result):
        for waiter in waiters {
          if let continuation = waiting.removeValue(forKey: waiter) { outcome.answers.append((continuation, result)) }
        }
      case .report(let event):
        outcome.events.append(event)
      }
    }
    return outcome
  }
}
