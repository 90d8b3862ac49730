public import Clocks
internal import Synchronization
internal import System

/// Serves values from memory, fetches those that are missing, and keeps fresh those that are wanted.
///
/// All rules are in `CacheState` and `CacheEntry`; this class reads the clock, holds the lock, and carries out what they
/// decide. Its methods may be called from any thread. It works, and stays in memory, until `shutdown()`.
public final class RefreshingCache<Source: CacheSource>: Sendable {
  /// What values are cached for.
  public typealias Key = Source.Key
  /// A value as callers get it.
  public typealias Answer = CacheAnswer<Source.Value>
  /// Why a caller gets no value.
  public typealias Failure = CacheError<Source.Failure>

  private let shared: Mutex<SharedState<Source>>
  private let alarm: Alarm
  private let clock: any MomentClock
  private let source: Source
  private let observe: @Sendable (CacheEvent<Source>) -> Void
  private let lastWaiter = Atomic<Waiter.ID>(0)

  /// Starts with nothing cached.
  ///
  /// `observe` is called outside the lock, from any thread; events of one moment may arrive in another order.
  public init(
    source: Source, clock: any MomentClock, settings: CacheSettings = CacheSettings(), jitter: Jitter = .random,
    observe: @escaping @Sendable (CacheEvent<Source>) -> Void = { _ in }
  ) {
    shared = Mutex(SharedState(cache: CacheState(settings: settings, jitter: jitter)))
    alarm = Alarm(clock: clock)
    self.clock = clock
    self.source = source
    self.observe = observe
    let scheduler = Task(executorPreference: TaskPool.shared) { [self] in await runScheduler() }
    shared.withLock { $0.scheduler = scheduler }
  }

  /// Returns the cached value, if it lives and has at least `minimumLifetime` whole seconds left.
  ///
  /// Waits for nothing but a short lock. Counts as asking for the key.
  public func cached(_ key: Key, minimumLifetime: Int = 0) -> Answer? {
    let now = clock.now
    guard let hit = shared.withLock({ $0.cache.hit(key, minimumLifetime: minimumLifetime, now: now) }) else {
      return nil
    }
    if hit.wakes { alarm.ring() }
    return hit.answer
  }

  /// Returns the live value for people to look at: it does not count as asking for the key.
  public func seen(_ key: Key) -> Source.Value? {
    let now = clock.now
    return shared.withLock { $0.cache.seen(key, now: now) }
  }

  /// Returns the cached value as `cached` does, else a new one.
  ///
  /// `minimumLifetime`, in seconds, is a wish: where the origin gives less, or a fetch for it fails or takes too long, a
  /// live value is returned all the same, with what it has `remaining`. Throws what the fetch threw, `.requestTimedOut`,
  /// `.shuttingDown`, or `.cancelled` if the calling task is. `mayForce` is asked, with the lock held, before a fetch starts
  /// although a live value is cached: where it returns `false`, that one is returned. It must be quick and must not call the
  /// cache.
  public func value(
    for key: Key, minimumLifetime: Int = 0, mayForce: () -> Bool = { true }
  ) async throws(Failure) -> Answer {
    try await answer(to: .value(minimumLifetime: minimumLifetime), for: key, mayForce)
  }

  /// Returns a new value, or one that is being fetched already.
  ///
  /// Throws as `value` does, also while the old value lives, which is then still served to others. `mayForce` is that of
  /// `value`.
  public func refresh(_ key: Key, mayForce: () -> Bool = { true }) async throws(Failure) -> Answer {
    try await answer(to: .refresh, for: key, mayForce)
  }

  /// Drops the key's value.
  ///
  /// What a fetch under way brings answers the waiting callers, and is not kept. A warm key is fetched again a second later.
  public func forget(_ key: Key) {
    change { shared, now, actions in shared.cache.forget(key, now: now, actions: &actions) }
  }

  /// Drops the values of keys that may now be another caller's.
  ///
  /// Fetches under way are made again for the waiting callers, since they may bring the former caller's. `isAffected` is called
  /// with the lock held: it must be quick and must not call the cache.
  public func erase(where isAffected: (Key) -> Bool) {
    sweep { entry, now, settings, actions in
      if isAffected(entry.key) { entry.erase(now: now, settings: settings, actions: &actions) }
    }
  }

  /// Makes exactly these keys warm: fetched at once if need be, and kept fresh.
  ///
  /// A key that no longer is one keeps its value, but not what a fetch under way brings.
  public func setWarm(_ keys: Set<Key>) {
    change { shared, now, _ in shared.cache.setWarm(keys, now: now) }
  }

  /// Puts settings in force; values that are cached keep the lead they got.
  ///
  /// Fetches that are older than a caller waits are replaced, also where the settings are the former ones.
  public func configure(_ settings: CacheSettings) {
    change { shared, _, _ in shared.cache.settings = settings }
    sweep { entry, now, settings, actions in
      entry.replaceOverdueFlight(now: now, settings: settings, actions: &actions)
    }
  }

  /// Gives and fetches nothing until `resume()`.
  ///
  /// All callers, the waiting ones too, get `.suspended`. Fetches under way are cancelled, and what they bring is dropped.
  /// Values stay and age, unless `isErasing`; `seen` still returns them. In force for each call of `cached`, `value` and
  /// `refresh` that begins after this one has returned.
  public func suspend(isErasing: Bool = false) {
    change { shared, _, _ in shared.cache.suspend() }
    var position: Int? = 0
    while let start = position {
      change { shared, now, actions in
        // Another thread may resume meanwhile; to erase is not taken back.
        let isSuspended = shared.cache.isSuspended
        position = shared.cache.sweep(from: start, now: now) { entry in
          if isSuspended {
            entry.suspend(isErasing: isErasing, actions: &actions)
          } else if isErasing {
            entry.drop(actions: &actions)
          }
        }
      }
    }
  }

  /// Ends a suspension: what is due by then is fetched at once.
  public func resume() {
    change { shared, _, _ in shared.cache.resume() }
    sweep { _, _, _, _ in }
  }

  /// Returns what is known of each entry, in no order; entries that come and go meanwhile may be left out.
  public func snapshot() -> [EntrySnapshot<Source>] {
    let now = clock.now
    var snapshots: [EntrySnapshot<Source>] = []
    var position: Int? = 0
    while let start = position {
      position = shared.withLock { $0.cache.snapshot(from: start, now: now, into: &snapshots) }
    }
    return snapshots
  }

  /// The warm keys without a live value, in no order.
  public var missingWarmKeys: [Key] {
    let now = clock.now
    return shared.withLock { $0.cache.missingWarmKeys(now: now) }
  }

  /// Drops everything.
  ///
  /// The waiting callers, and all later callers get `.shuttingDown`. Returns when the fetches, cancelled, have ended.
  public func shutdown() async {
    var fetches: [Task<Void, Never>] = []
    var scheduler: Task<Void, Never>?
    change { shared, _, actions in
      shared.cache.shutDown(actions: &actions)
      fetches = shared.fetches.values.map(\.task)
      scheduler = shared.scheduler
    }
    for fetch in fetches { fetch.cancel() }
    for fetch in fetches { await fetch.value }
    await scheduler?.value
  }

  private func answer(
    to demand: Waiter.Demand, for key: Key, _ mayForce: () -> Bool
  ) async throws(Failure) -> Answer {
    let waiter = lastWaiter.add(1, ordering: .relaxed).newValue
    let result = await withCancellableContinuation { continuation in
      change { shared, now, actions in
        shared.waiting[waiter] = continuation
        shared.cache.request(key, demand, from: waiter, now: now, mayForce: mayForce, actions: &actions)
      }
    } onCancel: {
      leave(key, waiter)
    }
    return try result.get()
  }

  private func leave(_ key: Key, _ waiter: Waiter.ID) {
    let now = clock.now
    let continuation = shared.withLock { shared in
      shared.cache.leave(key, waiter, now: now)
      return shared.waiting.removeValue(forKey: waiter)
    }
    continuation?.resume(returning: .failure(.cancelled))
  }
}

extension RefreshingCache {
  private typealias Transition = (inout SharedState<Source>, Moment, inout [Action<Source>]) -> Void

  /// Makes a transition from outside the scheduler, which then looks at what is due next.
  private func change(_ transition: Transition) {
    apply(transition)
    alarm.ring()
  }

  private func apply(_ transition: Transition) {
    let now = clock.now
    let outcome = shared.withLock { shared in
      var actions: [Action<Source>] = []
      transition(&shared, now, &actions)
      return shared.carryOut(actions) { key, order, id, former in
        Task(executorPreference: TaskPool.shared) {
          // Before the other one begins, so that it finds nothing of the former's under way.
          former?.cancel()
          await self.fetch(key, order, id)
        }
      }
    }
    for task in outcome.cancelled { task.cancel() }
    for (continuation, result) in outcome.answers { continuation.resume(returning: result) }
    for event in outcome.events { observe(event) }
  }

  /// Changes all entries, with the lock held for a few of them at a time.
  private func sweep(_ visit: (inout CacheEntry<Source>, Moment, CacheSettings, inout [Action<Source>]) -> Void) {
    var position: Int? = 0
    while let start = position {
      change { shared, now, actions in
        let settings = shared.cache.settings
        position = shared.cache.sweep(from: start, now: now) { visit(&$0, now, settings, &actions) }
      }
    }
  }

  private func fetch(_ key: Key, _ order: FetchOrder, _ id: UInt64) async {
    let result: Result<Fetched<Source.Value>, Source.Failure>
    do throws(Source.Failure) {
      result = .success(try await source.fetch(key, order: order))
    } catch {
      result = .failure(error)
    }
    var rejection: Source.Failure?
    change { shared, now, actions in
      guard shared.endFetch(key, id) else { return }
      switch result {
      case .success(let fetched): shared.cache.fetched(key, fetched, now: now, actions: &actions)
      case .failure(let error):
        let counts = shared.cache.failed(key, error, now: now, actions: &actions)
        if counts, error.verdict == .rejectsSiblings { rejection = error }
      }
    }
    if let rejection {
      sweep { entry, _, _, actions in
        if Source.areSiblings(key, entry.key) { entry.reject(rejection, actions: &actions) }
      }
    }
  }

  private func runScheduler() async {
    while let due = advance() { await alarm.sleep(untilBoot: due) }
  }

  /// Does what is due and says when there is more, milliseconds on the boot clock; `nil` once the cache is shut down.
  private func advance() -> Milliseconds? {
    var due: Milliseconds?
    var hasMore = true
    while hasMore {
      apply { shared, now, actions in
        hasMore = shared.cache.advance(now: now, actions: &actions)
        due = shared.cache.isShutDown ? nil : shared.cache.nextDue
      }
    }
    return due
  }
}

/// What a `RefreshingCache` keeps behind its lock.
private struct SharedState<Source: CacheSource>: Sendable {
  typealias Continuation = CheckedContinuation<Reply, Never>
  typealias Reply = Result<CacheAnswer<Source.Value>, CacheError<Source.Failure>>

  /// What is left to do once the lock is free.
  struct Outcome: Sendable {
    var answers: [(Continuation, Reply)] = []
    var cancelled: [Task<Void, Never>] = []
    var events: [CacheEvent<Source>] = []
  }

  var cache: CacheState<Source>
  var waiting: [Waiter.ID: Continuation] = [:]
  /// The fetches under way, abandoned ones included.
  private(set) var fetches: [UInt64: (task: Task<Void, Never>, order: FetchOrder)] = [:]
  /// The fetch of each key whose result counts.
  private var current: [Source.Key: UInt64] = [:]
  private var lastFetch: UInt64 = 0
  var scheduler: Task<Void, Never>?

  init(cache: CacheState<Source>) {
    self.cache = cache
  }

  /// Starts fetches at once, so that a shutdown cannot miss one, and returns the rest.
  ///
  /// `startFetch` gets the number of the fetch, and an abandoned one that must be cancelled first.
  mutating func carryOut(
    _ actions: [Action<Source>],
    startFetch: (Source.Key, FetchOrder, UInt64, _ former: Task<Void, Never>?) -> Task<Void, Never>
  ) -> Outcome {
    var outcome = Outcome()
    var abandoned: [Source.Key: Task<Void, Never>] = [:]
    for action in actions {
      switch action {
      case .fetch(let key, let cause):
        let order = FetchOrder(cause)
        lastFetch += 1
        current[key] = lastFetch
        fetches[lastFetch] = (startFetch(key, order, lastFetch, abandoned.removeValue(forKey: key)), order)
      case .abandonFetch(let key):
        abandoned[key] = current.removeValue(forKey: key).flatMap { fetches[$0]?.task }
      case .hastenFetch(let key):
        if let id = current[key] { fetches[id]?.order.hasten() }
      case .cancelFetch(let key):
        if let task = current[key].flatMap({ fetches[$0]?.task }) { outcome.cancelled.append(task) }
      case .answer(let waiters, let result):
        for waiter in waiters {
          if let continuation = waiting.removeValue(forKey: waiter) { outcome.answers.append((continuation, result)) }
        }
      case .report(let event):
        outcome.events.append(event)
      }
    }
    outcome.cancelled += abandoned.values
    return outcome
  }

  /// Notes that a fetch has ended, and returns whether its result counts.
  mutating func endFetch(_ key: Source.Key, _ id: UInt64) -> Bool {
    fetches[id] = nil
    guard current[key] == id else { return false }
    current[key] = nil
    return true
  }
}
