internal import Clocks

/// What is known about one key, and how each event changes it: no clock, no task, no lock.
///
/// A token and a fetch come and go independently of each other: with neither the entry is empty, with both it is being
/// refreshed. Each transition takes the moment it happens at and appends what is to be done to `actions`.
struct EntryState: Sendable {
  let key: TokenKey
  /// Fetched without being asked for, and kept fresh.
  var isWarm = false
  /// Never past its expiry when served; erased when the scheduler sees it past.
  var token: HeldToken?
  var fetch: Fetch?
  /// When someone last asked, milliseconds on the boot clock: what counts for idleness and for eviction.
  private(set) var lastAsked = Int64.min
  /// When upstream last gave a token, epoch milliseconds.
  private(set) var lastRefresh: Int64?
  private(set) var lastError: TokenSourceError?
  /// Before this, milliseconds on the boot clock, the background does not fetch, though requests do.
  private(set) var retryAt = Int64.min
  private var failures = 0
  /// Until this, milliseconds on the boot clock, `min_ttl` is satisfied with the token there is.
  private var minimumLifetimePausedUntil = Int64.min

  init(key: TokenKey) {
    self.key = key
  }

  /// The cached token, if it lives and has `minimumLifetime` whole seconds left.
  ///
  /// `wakes` tells that a token given up for lapsing is asked for again, so that the scheduler must look at it.
  mutating func hit(minimumLifetime: Int, now: Moment) -> (answer: StoredAnswer, wakes: Bool)? {
    guard let token else { return nil }
    let remaining = token.expiry.remaining(at: now)
    guard remaining > 0 else { return nil }
    guard remaining / 1000 >= minimumLifetime || now.boot < minimumLifetimePausedUntil else { return nil }
    lastAsked = now.boot
    if token.isLapsing { self.token?.isLapsing = false }
    return (token.answer(at: now, isHit: true), token.isLapsing)
  }

  /// Lets a caller wait for the fetch that is under way, or for a new one.
  mutating func join(_ waiter: Waiter, now: Moment, actions: inout [Action]) {
    lastAsked = now.boot
    if fetch == nil {
      start(liveToken(at: now) == nil ? .miss : .forced, now: now, actions: &actions)
    }
    fetch?.waiters.append(waiter)
  }

  /// A caller went away; the fetch goes on.
  mutating func leave(_ waiter: Waiter.ID) {
    fetch?.waiters.removeAll { $0.id == waiter }
  }

  mutating func fetched(
    _ result: FetchResult, now: Moment, settings: BrokerSettings, jitter: Jitter, actions: inout [Action]
  ) {
    guard let fetch = endFetch(now: now, actions: &actions) else { return }
    let expiry = result.expiration.map {
      Expiry(expiration: $0, upstreamDate: result.upstreamDate, sent: result.sentAt ?? fetch.startedAt, received: now)
    }
    lastRefresh = now.wall
    lastError = nil
    let isKept = keep(result, expiry: expiry, of: fetch, now: now, settings: settings, jitter: jitter)

    let remaining = expiry.map { Int(max(0, $0.remaining(at: now)) / 1000) }
    if fetch.waiters.contains(where: { $0.isShortchanged(by: remaining) }) {
      minimumLifetimePausedUntil = now.boot + RefreshTiming.minimumLifetimePause
    }
    let answer = StoredAnswer(payload: result.payload, age: 0, remaining: remaining, isHit: false)
    actions.append(.answer(fetch.waiters.map(\.id), .success(answer)))
    actions.append(
      .report(
        .fetched(key, fetch.cause, lifetime: expiry?.lifetime, isKept: isKept, requestID: result.requestID)))
  }

  /// Says whether the failure counts: that of a fetch to discard does not.
  mutating func failed(_ error: TokenSourceError, now: Moment, jitter: Jitter, actions: inout [Action]) -> Bool {
    guard let fetch = endFetch(now: now, actions: &actions) else { return false }
    lastError = error
    if error.verdict == .transient {
      pace(retryAfter: error.retryAfter, now: now, jitter: jitter)
      actions.append(.report(.fetchFailed(key, fetch.cause, error)))
    } else {
      token = nil
      retryAt = now.boot + RefreshTiming.pauseAfterRejection(jitter: jitter)
      actions.append(.report(.rejected(key, fetch.cause, error)))
    }
    settle(fetch.waiters, error: .source(error), now: now, actions: &actions)
    return true
  }

  /// Drops the token; a fetch that is under way answers those who wait and is not kept.
  mutating func forget(now: Moment, actions: inout [Action]) {
    drop(actions: &actions)
    doNotKeepFetch()
    retryAt = now.boot + RefreshTiming.pauseAfterForgetting
  }

  /// Drops the token because whose credentials ask has changed; a fetch that is under way is made again for those who
  /// wait, since it may bring the other person's.
  mutating func erase(actions: inout [Action]) {
    drop(actions: &actions)
    retryAt = .min
    guard fetch != nil else { return }
    fetch?.disposition = .discard
    actions.append(.cancelFetch(key))
  }

  /// Drops the token because its credentials are void: the fetch of another key showed it.
  mutating func reject(_ error: TokenSourceError, actions: inout [Action]) {
    guard token != nil else { return }
    token = nil
    lastError = error
    actions.append(.report(.erased(key)))
  }

  /// Makes the key warm, and fetches it at once if there is no token: what made earlier fetches fail may be mended.
  mutating func warm() {
    isWarm = true
    if token == nil { retryAt = .min }
  }

  /// Makes the key one like any other.
  mutating func cool() {
    guard isWarm else { return }
    isWarm = false
    doNotKeepFetch()
  }

  func liveToken(at now: Moment) -> HeldToken? {
    token.flatMap { $0.expiry.remaining(at: now) > 0 ? $0 : nil }
  }
}

extension EntryState {
  mutating func start(_ cause: FetchCause, now: Moment, actions: inout [Action]) {
    fetch = Fetch(cause: cause, startedAt: now)
    actions.append(.fetch(key, cause))
  }

  /// Answers `waiters` after a failure or a time-out: whoever did not insist on a new token gets the live one.
  func settle(_ waiters: [Waiter], error: BrokerError, now: Moment, actions: inout [Action]) {
    let live = liveToken(at: now)
    let served = live == nil ? [] : waiters.filter { $0.demand != .refresh }
    if let live, !served.isEmpty {
      actions.append(.answer(served.map(\.id), .success(live.answer(at: now, isHit: true))))
    }
    let refused = live == nil ? waiters : waiters.filter { $0.demand == .refresh }
    if !refused.isEmpty { actions.append(.answer(refused.map(\.id), .failure(error))) }
  }

  /// Takes the fetch that ended.
  ///
  /// If its result must be discarded, gives `nil` and starts another for those who wait.
  private mutating func endFetch(now: Moment, actions: inout [Action]) -> Fetch? {
    guard let ended = fetch else { return nil }
    fetch = nil
    guard ended.disposition == .discard else { return ended }
    if !ended.waiters.isEmpty {
      start(.miss, now: now, actions: &actions)
      fetch?.waiters = ended.waiters
    }
    return nil
  }

  /// Stores the token if it may be kept and is worth it, and says whether.
  private mutating func keep(
    _ result: FetchResult, expiry: Expiry?, of fetch: Fetch, now: Moment, settings: BrokerSettings, jitter: Jitter
  ) -> Bool {
    guard fetch.disposition == .keep else { return false }
    guard let expiry, let expiration = result.expiration, expiry.lifetime >= RefreshTiming.shortestKept,
      expiry.remaining(at: now) > 0
    else {
      // The background would otherwise ask again at once, and again.
      pace(retryAfter: nil, now: now, jitter: jitter)
      return false
    }
    failures = 0
    retryAt = .min
    token = HeldToken(
      payload: result.payload, expiry: expiry, expiration: expiration, receivedAt: now.boot,
      lead: RefreshTiming.lead(lifetime: expiry.lifetime, settings: settings, jitter: jitter))
    return true
  }

  /// Sets when the background tries again after an attempt that left no new token.
  private mutating func pace(retryAfter: Int?, now: Moment, jitter: Jitter) {
    failures += 1
    let remaining = liveToken(at: now)?.expiry.remaining(at: now)
    retryAt =
      now.boot
      + RefreshTiming.backoff(failures: failures, remaining: remaining, retryAfter: retryAfter, jitter: jitter)
  }

  private mutating func drop(actions: inout [Action]) {
    if token != nil { actions.append(.report(.erased(key))) }
    token = nil
    failures = 0
    lastError = nil
  }

  private mutating func doNotKeepFetch() {
    if fetch?.disposition == .keep { fetch?.disposition = .answerOnly }
  }
}

extension Waiter {
  /// Whether a new token has less than this caller asked for, or nobody knows.
  fileprivate func isShortchanged(by remaining: Int?) -> Bool {
    guard case .token(let minimumLifetime) = demand, minimumLifetime > 0 else { return false }
    return remaining.map { $0 < minimumLifetime } ?? true
  }
}
