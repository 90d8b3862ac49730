internal import Clocks

/// A caller that waits for a fetch.
struct Waiter: Sendable {
  typealias ID = UInt64

  enum Demand: Sendable, Equatable {
    /// A value with so many whole seconds to live, if the origin gives such.
    case value(minimumLifetime: Int)
    /// A new value, or the reason why there is none.
    case refresh
  }

  let id: ID
  let demand: Demand
  /// Milliseconds on the boot clock.
  let deadline: Milliseconds

  /// Whether a new value has less than this caller asked for, or nobody knows.
  func isShortchanged(by remaining: Int?) -> Bool {
    guard case .value(let minimumLifetime) = demand, minimumLifetime > 0 else { return false }
    return remaining.map { $0 < minimumLifetime } ?? true
  }
}

/// A fetch that is under way, with the waiting callers for it.
struct Flight: Sendable {
  /// What becomes of the value that comes.
  enum Disposition: Sendable {
    case keep
    /// The entry was forgotten meanwhile: the waiting callers are answered.
    case answerOnly
    /// The caller has changed meanwhile: the value may be another person's and answers nobody.
    case discard
  }

  let cause: FetchCause
  let startedAt: Moment
  var disposition = Disposition.keep
  /// In the order of their deadlines.
  var waiters: [Waiter] = []
}

/// A value in the cache.
struct HeldValue<Value: Sendable>: Sendable {
  let value: Value
  let expiry: Expiry
  /// As the origin gave it, epoch milliseconds.
  let expiration: Milliseconds
  /// Milliseconds on the boot clock.
  let receivedAt: Milliseconds
  /// How long before its expiry the next one is fetched.
  let lead: Milliseconds
  /// The time to refresh came and nobody had asked for long: it ends at its expiry, unless someone asks before.
  var isLapsing = false

  func answer(at now: Moment, isHit: Bool) -> CacheAnswer<Value> {
    CacheAnswer(
      value: value, age: Int(max(0, now.boot - receivedAt) / 1000),
      remaining: Int(max(0, expiry.remaining(at: now)) / 1000), isHit: isHit)
  }
}

/// What the driver does after a transition of the state.
enum Action<Source: CacheSource>: Sendable {
  /// Start a fetch. A key has one under way at most, apart from abandoned ones, so the key names it.
  case fetch(Source.Key, FetchCause)
  /// A caller without a live value waits for this key's fetch now.
  case hastenFetch(Source.Key)
  /// End this key's fetch, and drop what it brings.
  case abandonFetch(Source.Key)
  /// Nobody wants the result of this key's fetch any more: it may end early.
  case cancelFetch(Source.Key)
  case answer([Waiter.ID], Result<CacheAnswer<Source.Value>, CacheError<Source.Failure>>)
  case report(CacheEvent<Source>)
}

/// What the cache's state says about all its entries at a moment.
struct Terms: Sendable {
  let settings: CacheSettings
  /// Whether the origin has throttled a fetch of any key of late.
  let isScarce: Bool
  /// Whether nothing is fetched.
  let isSuspended: Bool
}

/// What is known about one key, and how each event changes it: no clock, no task, no lock.
///
/// A value and a fetch come and go independently of each other: with neither the entry is empty, with both it is being
/// refreshed. Each transition takes the moment it happens at and appends what is to be done to `actions`.
struct CacheEntry<Source: CacheSource>: Sendable {
  typealias Actions = [Action<Source>]

  let key: Source.Key
  /// Fetched without being asked for, and kept fresh.
  var isWarm = false
  /// Never past its expiry when served; erased when the scheduler sees it past.
  var held: HeldValue<Source.Value>?
  var flight: Flight?
  /// Callers that wait for a fetch that may not start yet, in the order of their deadlines.
  var postponed: [Waiter] = []
  /// When someone last asked, milliseconds on the boot clock: what counts for idleness.
  private(set) var lastAsked = Milliseconds.min
  /// When the origin last gave a value, epoch milliseconds.
  private(set) var lastRefresh: Milliseconds?
  private(set) var lastError: Source.Failure?
  private(set) var pacing = Pacing<Source.Failure>()
  /// Until this, milliseconds on the boot clock, any live value satisfies a minimum lifetime.
  private var minimumLifetimePausedUntil = Milliseconds.min

  init(key: Source.Key) {
    self.key = key
  }

  /// Returns the cached value, if it lives and has `minimumLifetime` whole seconds left.
  ///
  /// `wakes` tells that a value given up for lapsing is asked for again, so that the scheduler must look at it.
  mutating func hit(minimumLifetime: Int, now: Moment) -> (answer: CacheAnswer<Source.Value>, wakes: Bool)? {
    guard let held else { return nil }
    let remaining = held.expiry.remaining(at: now)
    guard remaining > 0 else { return nil }
    guard remaining / 1000 >= minimumLifetime || now.boot < minimumLifetimePausedUntil else { return nil }
    lastAsked = now.boot
    if held.isLapsing { self.held?.isLapsing = false }
    return (held.answer(at: now, isHit: true), held.isLapsing)
  }

  /// Lets a caller wait for the fetch that is under way, or for a new one.
  ///
  /// Where a live value would do and `mayForce` returns `false`, answers with that one.
  mutating func join(
    _ waiter: Waiter, now: Moment, settings: CacheSettings, mayForce: () -> Bool = { true }, actions: inout Actions
  ) {
    lastAsked = now.boot
    replaceOverdueFlight(now: now, settings: settings, actions: &actions)
    let live = liveValue(at: now)
    if flight == nil {
      if let throttle = pacing.throttle, pacing.retryAt > now.boot {
        postpone([waiter], after: throttle, now: now, actions: &actions)
        return
      }
      if let live, !mayForce() {
        actions.append(.answer([waiter.id], .success(live.answer(at: now, isHit: true))))
        return
      }
      start(live == nil ? .miss : .forced, now: now, actions: &actions)
    } else if live == nil, flight?.cause != .miss {
      actions.append(.hastenFetch(key))
    }
    flight?.waiters.append(waiter)
  }

  /// Starts another fetch for the waiting callers, and for a warm key, if the one under way is older than a caller waits.
  ///
  /// Such a fetch holds nobody: an origin that answers a byte now and then would otherwise keep its key for as long as it
  /// likes. Until then it goes on without its callers, and what it brings is kept.
  ///
  /// Returns whether the one under way was too old.
  @discardableResult
  mutating func replaceOverdueFlight(now: Moment, settings: CacheSettings, actions: inout Actions) -> Bool {
    guard let waiters = abandonOverdueFlight(now: now, settings: settings, actions: &actions) else { return false }
    guard isWarm || !waiters.isEmpty else { return true }
    start(waiters.isEmpty ? .background : liveValue(at: now) == nil ? .miss : .forced, now: now, actions: &actions)
    flight?.waiters = waiters
    return true
  }

  /// A caller went away; the fetch goes on.
  mutating func leave(_ waiter: Waiter.ID) {
    flight?.waiters.removeAll { $0.id == waiter }
    postponed.removeAll { $0.id == waiter }
  }

  mutating func fetched(
    _ result: Fetched<Source.Value>, now: Moment, terms: Terms, jitter: Jitter, actions: inout Actions
  ) {
    guard let flight = endFlight(now: now, actions: &actions) else { return }
    let expiry = result.expiration.map {
      Expiry(expiration: $0, originDate: result.originDate, sent: result.sentAt ?? flight.startedAt, received: now)
    }
    lastRefresh = now.wall
    lastError = nil
    let isKept = keep(result, expiry: expiry, of: flight, now: now, terms: terms, jitter: jitter)

    let remaining = expiry.map { Int(max(0, $0.remaining(at: now)) / 1000) }
    if flight.waiters.contains(where: { $0.isShortchanged(by: remaining) }) {
      minimumLifetimePausedUntil = now.boot + RefreshTiming.minimumLifetimePause
    }
    let answer = CacheAnswer(value: result.value, age: 0, remaining: remaining, isHit: false)
    actions.append(.answer(flight.waiters.map(\.id), .success(answer)))
    actions.append(
      .report(
        .fetched(key, flight.cause, lifetime: expiry?.lifetime, isKept: isKept, requestID: result.requestID)))
  }

  /// Returns whether the failure counts: that of a fetch to discard does not.
  mutating func failed(
    _ error: Source.Failure, now: Moment, terms: Terms, jitter: Jitter, actions: inout Actions
  ) -> Bool {
    guard let flight = endFlight(now: now, actions: &actions) else { return false }
    lastError = error
    let remaining = liveValue(at: now)?.expiry.remaining(at: now)
    switch error.verdict {
    case .transient, .unreachable:
      pacing.failed(
        retryAfter: error.retryAfter, isReachable: error.verdict == .transient, remaining: remaining, now: now.boot,
        jitter: jitter)
      actions.append(.report(.fetchFailed(key, flight.cause, error)))
    case .notAsked:
      actions.append(.report(.fetchFailed(key, flight.cause, error)))
    case .throttled:
      pacing.throttled(
        by: error, remaining: remaining, now: now.boot,
        crowdPeriod: terms.settings.crowdPeriod.milliseconds, jitter: jitter)
      actions.append(.report(.fetchFailed(key, flight.cause, error)))
      postpone(flight.waiters, after: error, now: now, actions: &actions)
      return true
    case .rejects, .rejectsSiblings:
      held = nil
      pacing.rejected(now: now.boot, jitter: jitter)
      actions.append(.report(.rejected(key, flight.cause, error)))
    }
    settle(flight.waiters, error: .source(error), now: now, actions: &actions)
    return true
  }

  /// Drops the value; a fetch that is under way answers the waiting callers and is not kept, and one that is overdue does
  /// not even that: another is started for them.
  mutating func forget(now: Moment, settings: CacheSettings, actions: inout Actions) {
    drop(actions: &actions)
    if let waiters = abandonOverdueFlight(now: now, settings: settings, actions: &actions), !waiters.isEmpty {
      start(.miss, now: now, actions: &actions)
      flight?.waiters = waiters
    } else {
      doNotKeepFlight()
    }
    pacing.forgotten(now: now.boot)
  }

  /// Drops the value because it may now be another caller's; a fetch that is under way is made again for those who
  /// wait, since it may bring the other's.
  mutating func erase(now: Moment, settings: CacheSettings, actions: inout Actions) {
    drop(actions: &actions)
    pacing.reset()
    guard !replaceOverdueFlight(now: now, settings: settings, actions: &actions), flight != nil else { return }
    flight?.disposition = .discard
    actions.append(.cancelFetch(key))
  }

  /// Ends what is under way, whose result is dropped; those who wait are told.
  mutating func suspend(isErasing: Bool, actions: inout Actions) {
    let waiters = (flight?.waiters ?? []) + postponed
    postponed = []
    if flight != nil {
      flight = nil
      actions.append(.abandonFetch(key))
    }
    if !waiters.isEmpty { actions.append(.answer(waiters.map(\.id), .failure(.suspended))) }
    if isErasing { drop(actions: &actions) }
  }

  /// Drops the value because the fetch of another key showed that it is void.
  mutating func reject(_ error: Source.Failure, actions: inout Actions) {
    guard held != nil else { return }
    held = nil
    lastError = error
    actions.append(.report(.erased(key)))
  }

  /// Makes the key warm, and fetches it at once if there is no value: the cause of earlier failures may be gone.
  mutating func warm() {
    isWarm = true
    if held == nil { pacing.resume() }
  }

  /// Makes the key one like any other.
  mutating func cool() {
    guard isWarm else { return }
    isWarm = false
    doNotKeepFlight()
  }

  func liveValue(at now: Moment) -> HeldValue<Source.Value>? {
    held.flatMap { $0.expiry.remaining(at: now) > 0 ? $0 : nil }
  }

  func snapshot(now: Moment) -> EntrySnapshot<Source> {
    let live = liveValue(at: now)
    let status: EntryStatus =
      switch (live == nil, flight == nil) {
      case (true, true): .empty
      case (true, false): .fetching
      case (false, true): .live
      case (false, false): .refreshing
      }
    return EntrySnapshot(
      key: key, state: status, isWarm: isWarm, expiration: live?.expiration,
      remaining: live.map { Int($0.expiry.remaining(at: now) / 1000) }, lastRefresh: lastRefresh, lastError: lastError)
  }
}

extension CacheEntry {
  mutating func start(_ cause: FetchCause, now: Moment, actions: inout Actions) {
    flight = Flight(cause: cause, startedAt: now, waiters: postponed)
    postponed = []
    actions.append(.fetch(key, cause))
  }

  /// Lets those wait for the next fetch whose deadline is after the pause, and tells the others when it ends, or to ask
  /// again in a minute.
  ///
  /// Nobody waits while a value lives.
  private mutating func postpone(
    _ waiters: [Waiter], after throttle: Source.Failure, now: Moment, actions: inout Actions
  ) {
    let waitsUntil = liveValue(at: now) == nil ? pacing.retryAt : .max
    postponed += waiters.filter { $0.deadline > waitsUntil }
    let seconds = Int(min(60, max(1, (pacing.retryAt - now.boot + 999) / 1000)))
    let error = CacheError.source(throttle.retrying(after: seconds))
    settle(waiters.filter { $0.deadline <= waitsUntil }, error: error, now: now, actions: &actions)
  }

  /// Answers `waiters` after a failure or a time-out: callers that did not insist on a new value get the live one.
  func settle(_ waiters: [Waiter], error: CacheError<Source.Failure>, now: Moment, actions: inout Actions) {
    let live = liveValue(at: now)
    let served = live == nil ? [] : waiters.filter { $0.demand != .refresh }
    if let live, !served.isEmpty {
      actions.append(.answer(served.map(\.id), .success(live.answer(at: now, isHit: true))))
    }
    let refused = live == nil ? waiters : waiters.filter { $0.demand == .refresh }
    if !refused.isEmpty { actions.append(.answer(refused.map(\.id), .failure(error))) }
  }

  /// Takes the flight that ended.
  ///
  /// If its result must be discarded, returns `nil` and starts another for the waiting callers.
  private mutating func endFlight(now: Moment, actions: inout Actions) -> Flight? {
    guard let ended = flight else { return nil }
    flight = nil
    guard ended.disposition == .discard else { return ended }
    if !ended.waiters.isEmpty {
      start(.miss, now: now, actions: &actions)
      flight?.waiters = ended.waiters
    }
    return nil
  }

  /// Stores the value if it may be kept and is worth it, and returns whether.
  private mutating func keep(
    _ result: Fetched<Source.Value>, expiry: Expiry?, of flight: Flight, now: Moment, terms: Terms, jitter: Jitter
  ) -> Bool {
    guard flight.disposition == .keep else { return false }
    guard let expiry, let expiration = result.expiration, expiry.lifetime >= RefreshTiming.shortestKept,
      expiry.remaining(at: now) > 0
    else {
      // The background would otherwise ask again at once, and again.
      pacing.failed(
        retryAfter: nil, isReachable: true, remaining: liveValue(at: now)?.expiry.remaining(at: now), now: now.boot,
        jitter: jitter)
      return false
    }
    pacing.reset()
    held = HeldValue(
      value: result.value, expiry: expiry, expiration: expiration, receivedAt: now.boot,
      lead: RefreshTiming.lead(
        lifetime: expiry.lifetime, isScarce: terms.isScarce, settings: terms.settings, jitter: jitter))
    return true
  }

  /// Gives up a fetch that is older than a caller waits, and returns those who wait for it; `nil` if there is none.
  private mutating func abandonOverdueFlight(
    now: Moment, settings: CacheSettings, actions: inout Actions
  ) -> [Waiter]? {
    guard let overdue = flight, now.boot - overdue.startedAt.boot >= settings.requestTimeout.milliseconds else {
      return nil
    }
    flight = nil
    actions.append(.abandonFetch(key))
    return overdue.waiters
  }

  mutating func drop(actions: inout Actions) {
    if held != nil { actions.append(.report(.erased(key))) }
    held = nil
    lastError = nil
  }

  private mutating func doNotKeepFlight() {
    if flight?.disposition == .keep { flight?.disposition = .answerOnly }
  }
}
