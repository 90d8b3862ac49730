package import Clocks
internal import Synchronization
internal import System

/// Serves tokens from memory, fetches those that are missing, and keeps fresh those that are wanted.
///
/// All rules are in `TokenCacheState` and `EntryState`; this class reads the clock, holds the lock, and carries out what
/// they decide. Its methods may be called from any thread. It works, and stays in memory, until `shutdown()`.
///
/// `Payload` is what is served: it is made once of each token, outside the lock, and must be all that holds its secrets.
package final class Broker<Payload: AnyObject & Sendable>: Sendable {
  private let shared: Mutex<SharedState>
  private let alarm: Alarm
  private let clock: any MomentClock
  private let source: any TokenSource
  private let makePayload: @Sendable (FederationToken) -> Payload
  private let observe: @Sendable (BrokerEvent) -> Void
  private let lastWaiter = Atomic<Waiter.ID>(0)

  /// Starts with nothing cached.
  ///
  /// `observe` is called outside the lock, from any thread; events of one moment may arrive in another order.
  package init(
    source: any TokenSource, clock: any MomentClock, settings: BrokerSettings = BrokerSettings(),
    jitter: Jitter = .random, observe: @escaping @Sendable (BrokerEvent) -> Void = { _ in },
    makePayload: @escaping @Sendable (FederationToken) -> Payload
  ) {
    shared = Mutex(SharedState(cache: TokenCacheState(settings: settings, jitter: jitter)))
    alarm = Alarm(clock: clock)
    self.clock = clock
    self.source = source
    self.makePayload = makePayload
    self.observe = observe
    let scheduler = Task { await runScheduler() }
    shared.withLock { $0.scheduler = scheduler }
  }

  /// The cached token, if it lives and has at least `minimumLifetime` whole seconds left.
  ///
  /// Waits for nothing but a short lock. Counts as asking for the key.
  package func cached(_ key: TokenKey, minimumLifetime: Int = 0) -> TokenAnswer<Payload>? {
    let now = clock.now
    guard let hit = shared.withLock({ $0.cache.hit(key, minimumLifetime: minimumLifetime, now: now) }) else {
      return nil
    }
    if hit.wakes { alarm.ring() }
    return TokenAnswer(hit.answer)
  }

  /// The cached token as `cached` gives it, else a new one.
  ///
  /// `minimumLifetime`, in seconds, is a wish: where upstream gives less, or a fetch for it fails or takes too long, a
  /// live token is answered all the same, with what it has `remaining`. Throws what the fetch threw, `.requestTimedOut`,
  /// `.shuttingDown`, or `.cancelled` if the calling task is.
  package func token(for key: TokenKey, minimumLifetime: Int = 0) async throws(BrokerError) -> TokenAnswer<Payload> {
    try await answer(to: .token(minimumLifetime: minimumLifetime), for: key)
  }

  /// A new token, or one that is being fetched already.
  ///
  /// Throws as `token` does, also while the old token lives, which is then still served to others.
  package func refresh(_ key: TokenKey) async throws(BrokerError) -> TokenAnswer<Payload> {
    try await answer(to: .refresh, for: key)
  }

  /// Drops the key's token.
  ///
  /// What a fetch under way brings answers those who wait, and is not kept. A warm key is fetched again a second later.
  package func forget(_ key: TokenKey) {
    change { shared, now, actions in shared.cache.forget(key, now: now, actions: &actions) }
  }

  /// Drops the tokens of keys whose caller has changed.
  ///
  /// Fetches under way are made again for those who wait, since they may bring what was the other caller's. `isAffected` is called with the lock held: it must be quick and must not call the broker.
  package func erase(where isAffected: (TokenKey) -> Bool) {
    change { shared, now, actions in shared.cache.erase(where: isAffected, now: now, actions: &actions) }
  }

  /// Makes exactly these keys warm: fetched at once if need be, and kept fresh.
  ///
  /// A key that no longer is one keeps its token, but not what a fetch under way brings.
  package func setWarm(_ keys: Set<TokenKey>) {
    change { shared, now, actions in shared.cache.setWarm(keys, now: now, actions: &actions) }
  }

  /// Puts other settings in force; tokens that are cached keep the lead they got.
  package func configure(_ settings: BrokerSettings) {
    change { shared, _, _ in shared.cache.settings = settings }
  }

  /// What is known of each entry, in no order.
  package func snapshot() -> [EntrySnapshot] {
    let now = clock.now
    return shared.withLock { $0.cache.snapshot(now: now) }
  }

  /// The warm keys without a live token, in no order.
  package var missingWarmKeys: [TokenKey] {
    let now = clock.now
    return shared.withLock { $0.cache.missingWarmKeys(now: now) }
  }

  /// Drops everything.
  ///
  /// Those who wait, and all who come later, get `.shuttingDown`. Returns when the fetches, cancelled, have ended.
  package func shutdown() async {
    var fetches: [Task<Void, Never>] = []
    var scheduler: Task<Void, Never>?
    change { shared, _, actions in
      shared.cache.shutDown(actions: &actions)
      fetches = Array(shared.fetches.values)
      scheduler = shared.scheduler
    }
    for fetch in fetches { fetch.cancel() }
    for fetch in fetches { await fetch.value }
    await scheduler?.value
  }

  private func answer(
    to demand: Waiter.Demand, for key: TokenKey
  ) async throws(BrokerError) -> TokenAnswer<Payload> {
    let waiter = lastWaiter.add(1, ordering: .relaxed).newValue
    let result = await withCancellableContinuation { continuation in
      change { shared, now, actions in
        shared.waiting[waiter] = continuation
        shared.cache.request(key, demand, from: waiter, now: now, actions: &actions)
      }
    } onCancel: {
      leave(key, waiter)
    }
    return TokenAnswer(try result.get())
  }

  private func leave(_ key: TokenKey, _ waiter: Waiter.ID) {
    let continuation = shared.withLock { shared in
      shared.cache.leave(key, waiter)
      return shared.waiting.removeValue(forKey: waiter)
    }
    continuation?.resume(returning: .failure(.cancelled))
  }
}

extension Broker {
  private typealias Transition = (inout SharedState, Moment, inout [Action]) -> Void

  /// Makes a transition from outside the scheduler, which then looks at what is due next.
  private func change(_ transition: Transition) {
    apply(transition)
    alarm.ring()
  }

  private func apply(_ transition: Transition) {
    let now = clock.now
    let outcome = shared.withLock { shared in
      var actions: [Action] = []
      transition(&shared, now, &actions)
      return shared.carryOut(actions) { key, cause in Task { await self.fetch(key, cause) } }
    }
    for task in outcome.cancelled { task.cancel() }
    for (continuation, result) in outcome.answers { continuation.resume(returning: result) }
    for event in outcome.events { observe(event) }
  }

  private func fetch(_ key: TokenKey, _ cause: FetchCause) async {
    let result: Result<FetchResult, TokenSourceError>
    do throws(TokenSourceError) {
      let fetched = try await source.fetch(key, priority: cause.priority)
      result = .success(
        FetchResult(
          payload: makePayload(fetched.token), expiration: fetched.token.accessTokenExpiration?.milliseconds,
          upstreamDate: fetched.upstreamDate, requestID: fetched.requestID, sentAt: fetched.sentAt))
    } catch {
      result = .failure(error)
    }
    change { shared, now, actions in
      shared.fetches[key] = nil
      switch result {
      case .success(let result): shared.cache.fetched(key, result, now: now, actions: &actions)
      case .failure(let error): shared.cache.failed(key, error, now: now, actions: &actions)
      }
    }
  }

  private func runScheduler() async {
    while let due = advance() { await alarm.sleep(untilBoot: due) }
  }

  /// Does what is due and says when there is more, milliseconds on the boot clock; `nil` once the broker is shut down.
  private func advance() -> Int64? {
    var due: Int64?
    apply { shared, now, actions in
      shared.cache.advance(now: now, actions: &actions)
      due = shared.cache.isShutDown ? nil : shared.cache.nextDue(now: now)
    }
    return due
  }
}
