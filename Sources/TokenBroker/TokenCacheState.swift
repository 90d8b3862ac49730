internal import Clocks

/// All entries, and how each event changes them: no clock, no task, no lock.
struct TokenCacheState: Sendable {
  private(set) var entries: [TokenKey: EntryState] = [:]
  private(set) var isShutDown = false
  var settings: BrokerSettings
  let jitter: Jitter

  init(settings: BrokerSettings, jitter: Jitter) {
    self.settings = settings
    self.jitter = jitter
  }

  /// A hit, or `nil`: all that is done for a request whose token is cached.
  mutating func hit(_ key: TokenKey, minimumLifetime: Int, now: Moment) -> (answer: StoredAnswer, wakes: Bool)? {
    guard let index = entries.index(forKey: key) else { return nil }
    return entries.values[index].hit(minimumLifetime: minimumLifetime, now: now)
  }

  /// Answers a caller from the cache, now, or lets it wait for a fetch.
  mutating func request(
    _ key: TokenKey, _ demand: Waiter.Demand, from waiter: Waiter.ID, now: Moment, actions: inout [Action]
  ) {
    guard !isShutDown else {
      actions.append(.answer([waiter], .failure(.shuttingDown)))
      return
    }
    if case .token(let minimumLifetime) = demand, let hit = hit(key, minimumLifetime: minimumLifetime, now: now) {
      actions.append(.answer([waiter], .success(hit.answer)))
      return
    }
    let deadline = now.boot + settings.requestTimeout.milliseconds
    update(key) {
      $0.join(Waiter(id: waiter, demand: demand, deadline: deadline), now: now, actions: &actions)
    }
  }

  mutating func leave(_ key: TokenKey, _ waiter: Waiter.ID) {
    entries[key]?.leave(waiter)
  }

  mutating func fetched(_ key: TokenKey, _ result: FetchResult, now: Moment, actions: inout [Action]) {
    entries[key]?.fetched(result, now: now, settings: settings, jitter: jitter, actions: &actions)
    tidy(now: now, actions: &actions)
  }

  mutating func failed(_ key: TokenKey, _ error: TokenSourceError, now: Moment, actions: inout [Action]) {
    let counts = entries[key]?.failed(error, now: now, jitter: jitter, actions: &actions) ?? false
    if counts, error.verdict == .credentialsVoid {
      updateEach { entry in
        if entry.key.identity.profile == key.identity.profile { entry.reject(error, actions: &actions) }
      }
    }
    tidy(now: now, actions: &actions)
  }

  mutating func forget(_ key: TokenKey, now: Moment, actions: inout [Action]) {
    entries[key]?.forget(now: now, actions: &actions)
    tidy(now: now, actions: &actions)
  }

  mutating func erase(where isAffected: (TokenKey) -> Bool, now: Moment, actions: inout [Action]) {
    updateEach { if isAffected($0.key) { $0.erase(actions: &actions) } }
    tidy(now: now, actions: &actions)
  }

  mutating func setWarm(_ keys: Set<TokenKey>, now: Moment, actions: inout [Action]) {
    guard !isShutDown else { return }
    updateEach { if !keys.contains($0.key) { $0.cool() } }
    for key in keys { update(key) { $0.warm() } }
    tidy(now: now, actions: &actions)
  }

  /// Does what time alone asks for.
  mutating func advance(now: Moment, actions: inout [Action]) {
    let settings = settings
    updateEach { $0.advance(now: now, settings: settings, actions: &actions) }
    tidy(now: now, actions: &actions)
  }

  /// When `advance` has something to do next, milliseconds on the boot clock; the end of time if nothing is ahead.
  func nextDue(now: Moment) -> Int64 {
    entries.values.lazy.map { $0.nextDue(now: now, settings: settings) }.min() ?? .max
  }

  /// Drops everything; those who wait are told.
  mutating func shutDown(actions: inout [Action]) {
    isShutDown = true
    let waiters = entries.values.flatMap { $0.fetch?.waiters ?? [] }
    actions.append(.answer(waiters.map(\.id), .failure(.shuttingDown)))
    entries = [:]
  }

  private mutating func update(_ key: TokenKey, _ change: (inout EntryState) -> Void) {
    change(&entries[key, default: EntryState(key: key)])
  }

  /// Changes all entries in place: a loop over the dictionary or its keys would hold a copy of it.
  private mutating func updateEach(_ change: (inout EntryState) -> Void) {
    var index = entries.startIndex
    while index != entries.endIndex {
      change(&entries.values[index])
      entries.formIndex(after: &index)
    }
  }

  /// Removes entries that serve nothing any more, then those beyond `maximumEntries`.
  private mutating func tidy(now: Moment, actions: inout [Action]) {
    let disposable = entries.values.filter { $0.isDisposable(now: now, settings: settings) }
    for entry in disposable { entries[entry.key] = nil }
    while let victim = victim() {
      entries[victim.key] = nil
      if victim.token != nil { actions.append(.report(.evicted(victim.key))) }
    }
  }

  /// The entry to put out if there are too many: one without a token first, then the one not asked for the longest.
  ///
  /// Warm entries stay, even beyond the bound: they would be fetched again at once, to put out each other. Those that are
  /// being fetched stay too, since a second fetch must not start; what they bring is counted when it comes.
  private func victim() -> EntryState? {
    guard entries.count > settings.maximumEntries else { return nil }
    let resting = entries.values.lazy.filter { $0.fetch == nil || $0.token != nil }
    guard resting.count > settings.maximumEntries else { return nil }
    return resting.filter { !$0.isWarm && $0.fetch == nil }
      .min { ($0.token == nil ? 0 : 1, $0.lastAsked) < ($1.token == nil ? 0 : 1, $1.lastAsked) }
  }
}
