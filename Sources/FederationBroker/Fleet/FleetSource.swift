package import AWS
package import Clocks
package import RefreshingCache
internal import Secrets
internal import Synchronization
internal import System

/// Shares tokens among the daemons of a fleet: one call for all of them.
///
/// It fetches from the store what another daemon has fetched, waits while another is calling, and calls in the fleet's order
/// otherwise. A store that is away costs nothing but calls: every step of it that fails leaves the fetch to the daemon's own
/// source. Safe to use from any thread.
package final class FleetSource: TokenSource {
  /// Returns whose token a key's is.
  package typealias Identify = @Sendable (TokenKey) async throws(AWSError) -> FleetIdentity

  struct State {
    var tokens = SharedTokens()
    var lastCall: UInt64 = 0
    /// Fetches that wait for another daemon's call, by the names of the entry.
    var waiting: [String: [UInt64: Waiting]] = [:]
    /// Drops that are not lasting yet, and until when they are repeated, milliseconds on the boot clock.
    var pendingDrops: [PendingDrop: Milliseconds] = [:]
    var repeating: Task<Void, Never>?
    /// How far AWS's clock is ahead of ours, as the last answer showed.
    var clockOffset: Milliseconds = 0
  }

  struct PendingDrop: Hashable {
    let region: String
    let drop: FleetDrop

    init(_ region: String, _ names: [String], _ generation: String?) {
      self.region = region
      drop = FleetDrop(names: names, generation: generation)
    }
  }

  /// A fetch that waits for another daemon's call.
  final class Waiting: Sendable {
    let alarm: Alarm
    let isOver = Atomic(false)

    init(clock: any MomentClock) { alarm = Alarm(clock: clock) }
  }

  /// How long a call may take from its place on, in milliseconds.
  private static let callTime: Milliseconds = 15_000
  private static let shortestShared: Milliseconds = 5_000

  private let upstream: any TokenSource
  let store: any FleetStore
  private let seal: FleetSeal
  private let identify: Identify
  let clock: any MomentClock
  private let patience: FleetPatience
  let jitter: Jitter
  let observe: @Sendable (FleetEvent) -> Void
  /// Tells this daemon's calls from others'.
  private let daemonID = RandomBytes.hexadecimal(count: 8)
  let state = Mutex(State())
  /// Keys whose cached tokens were dropped by another daemon; for one task.
  package let voided: AsyncStream<TokenKey>
  private let void: AsyncStream<TokenKey>.Continuation

  package init(
    _ upstream: any TokenSource, store: any FleetStore, seal: FleetSeal, identify: @escaping Identify,
    clock: any MomentClock, requestTimeout: Duration, jitter: Jitter = .random,
    observe: @escaping @Sendable (FleetEvent) -> Void
  ) {
    self.upstream = upstream
    self.store = store
    self.seal = seal
    self.identify = identify
    self.clock = clock
    self.jitter = jitter
    self.observe = observe
    patience = FleetPatience(clock: clock, requestTimeout: requestTimeout.milliseconds)
    (voided, void) = AsyncStream.makeStream(of: TokenKey.self)
  }

  /// Follows what other daemons do, until the store's changes end or the task is cancelled.
  package func follow() async {
    for await change in store.changes {
      switch change {
      case .settled(let name): wake(name)
      case .dropped(let name, let generation):
        wake(name)
        if let generation { noteDrop(generation) }
      case .gap(let region): await compareGenerations(in: region)
      }
    }
  }

  package func fetch(_ key: TokenKey, priority: @escaping CallUrgency) async throws(AWSError) -> FetchedToken {
    let identity: FleetIdentity
    do throws(AWSError) {
      identity = try await identify(key)
    } catch {
      if error.reason == .noCredentials || error.reason == .shuttingDown { throw error }
      observe(.unidentified(error))
      return try await fetchAlone(key, priority)
    }
    let names = seal.names(of: identity)
    let call = state.withLock { state in
      state.lastCall += 1
      return state.lastCall
    }
    var want = FleetWant(region: key.region, longestWait: 0, isUrgent: false)
    want.names = names
    want.owner = "\(daemonID)-\(call)"
    want.callTime = Self.callTime
    // Of an entry that was rejected.
    var uselessExpiry: Milliseconds = 0
    while true {
      let urgency = priority()
      let now = clock.now
      // A caller who waits has no live token, whatever was held.
      let held =
        urgency == .miss ? nil : state.withLock { $0.tokens.held[key] }.flatMap { $0.end > now.boot ? $0 : nil }
      want.knownExpiry = max(uselessExpiry, held?.expiry ?? 0)
      let attempt = want.now(
        urgency, longestWait: patience.longestWait(urgency, remaining: held.map { $0.end - now.boot }))
      let waiting = wait(for: names, call)
      defer { stopWaiting(for: names, call) }
      let taken: FleetTaken
      do throws(FleetStoreFailure) {
        taken = try await store.take(attempt)
      } catch {
        return try await fetchAlone(key, priority)
      }
      switch taken {
      case .present(let entry, let left):
        do throws(FleetSeal.Rejection) {
          return try use(entry, left: left, of: identity, names, for: key, since: now)
        } catch {
          observe(.rejected(name: entry.name, error))
          // It counts as absent.
          uselessExpiry = max(uselessExpiry, entry.expiry)
          if error == .dropped { await drop(PendingDrop(key.region, names, entry.generation)) }
        }
      case .leased(let wait):
        try await pause(waiting, wait, priority)
      case .yours(_, let generation) where state.withLock({ $0.tokens.isDropped(generation) }):
        // A server that has missed the drop would keep what is stored under it.
        await drop(PendingDrop(key.region, names, generation))
        return try await fetchAlone(key, priority)
      case .yours(let wait, let generation):
        observe(.placed(wait))
        let lease = Lease(
          identity: identity, names: names, owner: want.owner, generation: generation,
          end: now.boot + wait + Self.callTime)
        return try await fetch(key, priority, after: wait, by: lease)
      case .queue(let wait):
        try patience.refuse(urgency, region: key.region, wait: wait)
        try await patience.pause(wait / 2 + jitter.upTo(wait), priority)
      }
    }
  }

  package func drop(_ key: TokenKey) {
    let held = state.withLock { $0.tokens.release(key) }
    if let held { noteDrop(held.generation) }
    Task(executorPreference: TaskPool.shared) { [self] in
      let names: [String]
      if let held {
        names = held.names
      } else {
        guard let identity = try? await identify(key) else { return }
        names = seal.names(of: identity)
      }
      await drop(PendingDrop(key.region, names, nil), known: held?.generation)
    }
  }

  package func drop(where isAffected: (TokenKey) -> Bool) {
    for key in state.withLock({ Array($0.tokens.held.keys) }) where isAffected(key) { drop(key) }
  }

  /// Ends repeating drops.
  package func end() {
    state.withLock { $0.repeating }?.cancel()
    void.finish()
  }
}

// MARK: - Calls

extension FleetSource {
  /// The right to call for an entry.
  private struct Lease: Sendable {
    let identity: FleetIdentity
    let names: [String]
    let owner: String
    let generation: String
    /// Milliseconds on the boot clock.
    let end: Milliseconds
  }

  /// Calls AWS in the fleet's order, which the rate limit below keeps.
  private func fetchAlone(_ key: TokenKey, _ priority: @escaping CallUrgency) async throws(AWSError) -> FetchedToken {
    let fetched = try await upstream.fetch(key, priority: priority)
    note(fetched)
    observe(.fetched(.alone))
    return fetched
  }

  /// Calls AWS in the daemon's place, and shares what comes.
  private func fetch(
    _ key: TokenKey, _ priority: @escaping CallUrgency, after wait: Milliseconds, by lease: Lease
  ) async throws(AWSError) -> FetchedToken {
    let result: Result<FetchedToken, AWSError>
    do throws(AWSError) {
      try await patience.pause(wait) { .forced }
      result = await FleetPlace.$current.withValue(FleetPlace()) {
        do throws(AWSError) { return .success(try await upstream.fetch(key, priority: priority)) } catch {
          return .failure(error)
        }
      }
    } catch {
      result = .failure(error)
    }
    switch result {
    case .success(let fetched):
      note(fetched)
      observe(.fetched(.own))
      share(fetched, for: key, by: lease)
      return fetched
    case .failure(let error):
      giveBack(lease, in: key.region, after: error)
      throw error
    }
  }

  private func note(_ fetched: FetchedToken) {
    guard let date = fetched.upstreamDate else { return }
    let offset = date - clock.now.wall
    state.withLock { $0.clockOffset = offset }
  }

  /// Stores a token, without keeping its callers waiting for that.
  private func share(_ fetched: FetchedToken, for key: TokenKey, by lease: Lease) {
    let now = clock.now
    guard let expiration = fetched.token.accessTokenExpiration?.milliseconds else {
      return giveBack(lease, in: key.region)
    }
    let created = fetched.upstreamDate ?? now.wall
    let left = expiration - created
    guard left >= Self.shortestShared else { return giveBack(lease, in: key.region) }
    let content = seal.seal(
      fetched.token, of: lease.identity, generation: lease.generation, created: created, expiry: expiration)
    var entry = SealedEntry(
      name: lease.names[0], generation: lease.generation, expiry: expiration, content: content)
    entry.owner = lease.owner
    entry.left = left
    let held = SharedTokens.Held(
      region: key.region, names: lease.names, generation: lease.generation, expiry: expiration, end: now.boot + left)
    if !state.withLock({ $0.tokens.hold(held, for: key, now: now.boot) }) { return void(key) }
    Task(executorPreference: TaskPool.shared) { [self, entry] in
      do throws(FleetStoreFailure) {
        switch try await store.put(entry, in: key.region) {
        case .stored: break
        case .superseded: if clock.now.boot > lease.end { observe(.leaseLost) }
        case .dropped:
          observe(.leaseLost)
          for key in state.withLock({ $0.tokens.drop(lease.generation, now: clock.now.boot) }) { void(key) }
        }
      } catch {
        // The metric of the store's steps tells.
      }
    }
  }

  func void(_ key: TokenKey) { void.yield(key) }

  private func giveBack(_ lease: Lease, in region: String, after error: AWSError? = nil) {
    let kind: FleetCallFailure.Kind
    switch error?.verdict {
    case .throttled: kind = .throttled
    case .rejects: return dropRejected(lease, in: region)
    case .rejectsSiblings where error?.reason != .noCredentials: return dropRejected(lease, in: region)
    case .transient where error?.reason == .shuttingDown: kind = .failed(pause: 0)
    case .transient, .unreachable: kind = .failed(pause: 1_000 + jitter.upTo(59_000))
    case .notAsked, .rejectsSiblings, nil: kind = .failed(pause: 0)
    }
    let failure = FleetCallFailure(name: lease.names[0], owner: lease.owner, kind: kind)
    Task(executorPreference: TaskPool.shared) { [store] in try? await store.fail(failure, in: region) }
  }

  /// AWS took the access away: the entry is good for nobody.
  private func dropRejected(_ lease: Lease, in region: String) {
    noteDrop(lease.generation)
    Task(executorPreference: TaskPool.shared) { [self] in
      await drop(PendingDrop(region, lease.names, nil), known: lease.generation)
    }
  }
}

// MARK: - Entries of others

extension FleetSource {
  /// Returns the token of an entry, if it is the identity's and lives by our clock as well as by the store's.
  private func use(
    _ entry: SealedEntry, left: Milliseconds, of identity: FleetIdentity, _ names: [String], for key: TokenKey,
    since sent: Moment
  ) throws(FleetSeal.Rejection) -> FetchedToken {
    let (token, created) = try seal.open(entry, of: identity)
    let now = clock.now
    let remaining = state.withLock { state in
      min(left, entry.expiry - created, entry.expiry - (now.wall + state.clockOffset))
    }
    guard remaining >= Self.shortestShared else { throw .expired }
    let held = SharedTokens.Held(
      region: key.region, names: names, generation: entry.generation, expiry: entry.expiry, end: now.boot + remaining)
    guard state.withLock({ $0.tokens.hold(held, for: key, now: now.boot) }) else { throw .dropped }
    observe(.fetched(.store))
    return FetchedToken(token: token, upstreamDate: entry.expiry - remaining, requestID: nil, sentAt: sent)
  }

  private func wait(for names: [String], _ call: UInt64) -> Waiting {
    let waiting = Waiting(clock: clock)
    state.withLock { state in for name in names { state.waiting[name, default: [:]][call] = waiting } }
    return waiting
  }

  /// Waits until the entry is settled, so many milliseconds at most, and no longer than until the call is urgent.
  private func pause(
    _ waiting: Waiting, _ milliseconds: Milliseconds, _ priority: CallUrgency
  ) async throws(AWSError) {
    let end = clock.now.boot + max(50, milliseconds) + jitter.upTo(50)
    let isBackground = priority() == .background
    while clock.now.boot < end, !waiting.isOver.load(ordering: .relaxed) {
      await waiting.alarm.sleep(untilBoot: isBackground ? min(end, clock.now.boot + 1000) : end)
      if Task.isCancelled { throw AWSError(.shuttingDown, "the call was cancelled while another daemon called") }
      if isBackground, priority() == .miss { return }
    }
  }

  private func stopWaiting(for names: [String], _ call: UInt64) {
    state.withLock { state in
      for name in names {
        state.waiting[name]?[call] = nil
        if state.waiting[name]?.isEmpty == true { state.waiting[name] = nil }
      }
    }
  }

  private func wake(_ name: String) {
    for waiting in state.withLock({ $0.waiting[name] ?? [:] }).values {
      waiting.isOver.store(true, ordering: .relaxed)
      waiting.alarm.ring()
    }
  }
}

extension FleetWant {
  /// The same, as urgent as it is by now.
  fileprivate func now(_ priority: CallPriority, longestWait: Milliseconds) -> FleetWant {
    var want = FleetWant(region: region, longestWait: longestWait, isUrgent: priority == .miss)
    (want.names, want.owner, want.knownExpiry, want.callTime) = (names, owner, knownExpiry, callTime)
    return want
  }
}
