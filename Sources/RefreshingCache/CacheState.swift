internal import Clocks

/// All entries, and how each event changes them: no clock, no task, no lock.
///
/// Entries lie in numbered slots. A heap of their deadlines and lists of their uses go with them, and `update` keeps
/// these in step, so that a step costs O(log n) at most. What concerns many entries is done by `advance` and `sweep`, a
/// bounded number of entries a call.
struct CacheState<Source: CacheSource>: Sendable {
  typealias Actions = [Action<Source>]
  typealias Entry = CacheEntry<Source>

  private var numbers: [Source.Key: Int] = [:]
  private var slots: [Entry?] = []
  private var freeNumbers: [Int] = []
  private var deadlines = DeadlineHeap()
  /// Entries that may make room: those without a value, which go first, and those with one.
  private var withoutValue = UseList()
  private var withValue = UseList()
  /// How many of `withValue` are being refreshed, and so stay.
  private var refreshingCount = 0
  /// How many entries wait for their first value: these are not counted before it comes.
  private var awaitedCount = 0
  private var warmKeys: Set<Source.Key> = []
  /// The wall clock less the boot clock, as the deadlines were computed with it.
  private var clockDifference: Milliseconds?
  /// The next slot whose deadline is to be computed anew, while that is under way.
  private var rescheduled: Int?
  private(set) var isShutDown = false
  /// Whether nothing is given or fetched.
  private(set) var isSuspended = false
  /// When a fetch was last throttled, milliseconds on the boot clock.
  private var throttledAt: Milliseconds?
  var settings: CacheSettings
  let jitter: Jitter

  /// How many entries one call looks at, at most: some 50 µs.
  private static var batch: Int { 256 }

  init(settings: CacheSettings, jitter: Jitter) {
    self.settings = settings
    self.jitter = jitter
  }

  var count: Int { numbers.count }

  /// A hit, or `nil`: all that is done for a request whose value is cached.
  mutating func hit(
    _ key: Source.Key, minimumLifetime: Int, now: Moment
  ) -> (answer: CacheAnswer<Source.Value>, wakes: Bool)? {
    guard !isSuspended, let number = numbers[key],
      let hit = slots[number]?.hit(minimumLifetime: minimumLifetime, now: now)
    else {
      return nil
    }
    withValue.touch(number)
    if hit.wakes { deadlines.set(now.boot, for: number) }
    return hit
  }

  /// The live value, without a trace of who looks.
  func seen(_ key: Source.Key, now: Moment) -> Source.Value? {
    numbers[key].flatMap { slots[$0]?.liveValue(at: now)?.value }
  }

  /// Answers a caller from the cache, now, or lets it wait for a fetch.
  mutating func request(
    _ key: Source.Key, _ demand: Waiter.Demand, from waiter: Waiter.ID, now: Moment,
    mayForce: () -> Bool = { true }, actions: inout Actions
  ) {
    guard !isShutDown else {
      actions.append(.answer([waiter], .failure(.shuttingDown)))
      return
    }
    guard !isSuspended else {
      actions.append(.answer([waiter], .failure(.suspended)))
      return
    }
    if case .value(let minimumLifetime) = demand, let hit = hit(key, minimumLifetime: minimumLifetime, now: now) {
      actions.append(.answer([waiter], .success(hit.answer)))
      return
    }
    let settings = settings
    let deadline = now.boot + settings.requestTimeout.milliseconds
    let number = numberForNewOrKnown(key)
    update(number, now: now) {
      $0.join(
        Waiter(id: waiter, demand: demand, deadline: deadline), now: now, settings: settings, mayForce: mayForce,
        actions: &actions)
    }
    withValue.touch(number)
  }

  mutating func leave(_ key: Source.Key, _ waiter: Waiter.ID, now: Moment) {
    updateKnown(key, now: now) { $0.leave(waiter) }
  }

  mutating func fetched(
    _ key: Source.Key, _ result: Fetched<Source.Value>, now: Moment, actions: inout Actions
  ) {
    // It was under way when the suspension began, which has not come to this entry yet.
    guard !isSuspended else { return updateKnown(key, now: now) { $0.suspend(isErasing: false, actions: &actions) } }
    let (terms, jitter) = (terms(now: now), jitter)
    updateKnown(key, now: now) {
      $0.fetched(result, now: now, terms: terms, jitter: jitter, actions: &actions)
    }
    evict(actions: &actions)
  }

  /// Returns whether the failure counts: that of a fetch to discard does not.
  mutating func failed(
    _ key: Source.Key, _ error: Source.Failure, now: Moment, actions: inout Actions
  ) -> Bool {
    guard !isSuspended else {
      updateKnown(key, now: now) { $0.suspend(isErasing: false, actions: &actions) }
      return false
    }
    if error.verdict == .throttled { throttledAt = now.boot }
    let (terms, jitter) = (terms(now: now), jitter)
    var counts = false
    updateKnown(key, now: now) {
      counts = $0.failed(error, now: now, terms: terms, jitter: jitter, actions: &actions)
    }
    evict(actions: &actions)
    return counts
  }

  mutating func forget(_ key: Source.Key, now: Moment, actions: inout Actions) {
    let settings = settings
    updateKnown(key, now: now) { $0.forget(now: now, settings: settings, actions: &actions) }
  }

  mutating func setWarm(_ keys: Set<Source.Key>, now: Moment) {
    guard !isShutDown else { return }
    for key in warmKeys.subtracting(keys) { updateKnown(key, now: now) { $0.cool() } }
    warmKeys = keys
    for key in keys { update(numberForNewOrKnown(key), now: now) { $0.warm() } }
  }

  /// The warm keys without a live value, in no order.
  func missingWarmKeys(now: Moment) -> [Source.Key] {
    warmKeys.filter { key in numbers[key].flatMap { slots[$0] }?.liveValue(at: now) == nil }
  }

  /// Does what time alone asks for, and returns whether there is more of it to do now.
  mutating func advance(now: Moment, actions: inout Actions) -> Bool {
    noticeClockChange(now: now)
    let terms = terms(now: now)
    var budget = Self.batch
    while budget > 0, let next = deadlines.first, next.deadline <= now.boot {
      update(next.number, now: now) { $0.advance(now: now, terms: terms, actions: &actions) }
      budget -= 1
    }
    return !evict(actions: &actions) || budget == 0 || rescheduled != nil
  }

  /// When `advance` has something to do next, milliseconds on the boot clock; `.max` if nothing is ahead.
  var nextDue: Milliseconds { deadlines.first?.deadline ?? .max }

  /// Changes the entries of a bounded number of slots from `start` on, and returns where to go on; `nil` at the end.
  ///
  /// An entry that comes meanwhile may be left out.
  mutating func sweep(from start: Int, now: Moment, _ change: (inout Entry) -> Void) -> Int? {
    let end = min(start + Self.batch, slots.count)
    for number in start..<end where slots[number] != nil { update(number, now: now, change) }
    return end < slots.count ? end : nil
  }

  /// Appends what is seen of a bounded number of entries to `snapshots`, and returns where to go on, as `sweep` does.
  func snapshot(from start: Int, now: Moment, into snapshots: inout [EntrySnapshot<Source>]) -> Int? {
    let end = min(start + Self.batch, slots.count)
    for number in start..<end { if let entry = slots[number] { snapshots.append(entry.snapshot(now: now)) } }
    return end < slots.count ? end : nil
  }

  /// Gives and fetches nothing from now on; each entry is then to be suspended as well.
  mutating func suspend() { isSuspended = true }

  /// Gives and fetches again; what is due is known once each entry was looked at.
  mutating func resume() { isSuspended = false }

  /// Drops everything; the waiting callers are told.
  mutating func shutDown(actions: inout Actions) {
    let waiters = slots.flatMap { ($0?.flight?.waiters ?? []) + ($0?.postponed ?? []) }
    actions.append(.answer(waiters.map(\.id), .failure(.shuttingDown)))
    self = CacheState(settings: settings, jitter: jitter)
    isShutDown = true
  }
}

extension CacheState {
  private func terms(now: Moment) -> Terms {
    Terms(
      settings: settings,
      isScarce: throttledAt.map { now.boot - $0 < RefreshTiming.scarcityPeriod } ?? false, isSuspended: isSuspended)
  }

  private mutating func numberForNewOrKnown(_ key: Source.Key) -> Int {
    if let number = numbers[key] { return number }
    let number = freeNumbers.popLast() ?? slots.count
    if number == slots.count { slots.append(nil) }
    slots[number] = Entry(key: key)
    numbers[key] = number
    return number
  }

  private mutating func updateKnown(_ key: Source.Key, now: Moment, _ change: (inout Entry) -> Void) {
    if let number = numbers[key] { update(number, now: now, change) }
  }

  /// Changes one entry in place, and whatever is kept beside it.
  private mutating func update(_ number: Int, now: Moment, _ change: (inout Entry) -> Void) {
    guard slots[number] != nil else { return }
    if clockDifference == nil { clockDifference = now.wall - now.boot }
    count(number, by: -1)
    change(&slots[number]!)
    count(number, by: 1)
    let terms = terms(now: now)
    guard let entry = slots[number], !entry.isDisposable(now: now, terms: terms) else {
      remove(number)
      return
    }
    deadlines.set(entry.nextDue(now: now, terms: terms), for: number)
    list(number, entry)
  }

  private mutating func count(_ number: Int, by step: Int) {
    guard let entry = slots[number], entry.isAwaited else { return }
    if entry.held == nil {
      awaitedCount += step
    } else if !entry.isWarm {
      refreshingCount += step
    }
  }

  private mutating func list(_ number: Int, _ entry: Entry) {
    let mayGo = !entry.isWarm && (entry.held != nil || !entry.isAwaited)
    if mayGo && entry.held != nil {
      if !withValue.contains(number) { withValue.use(number) }
    } else {
      withValue.remove(number)
    }
    if mayGo && entry.held == nil {
      if !withoutValue.contains(number) { withoutValue.use(number) }
    } else {
      withoutValue.remove(number)
    }
  }

  private mutating func remove(_ number: Int) {
    guard let entry = slots[number] else { return }
    count(number, by: -1)
    slots[number] = nil
    numbers[entry.key] = nil
    freeNumbers.append(number)
    deadlines.set(.max, for: number)
    withValue.remove(number)
    withoutValue.remove(number)
  }

  /// Removes entries beyond `maximumEntries`, a bounded number of them, and returns whether none is left to remove.
  ///
  /// An entry without a value goes first, then the one not asked for the longest. Warm entries stay, even beyond the
  /// bound: they would be fetched again at once, to evict each other. Those that are being fetched stay too, since a
  /// second fetch must not start; what they bring is counted when it comes.
  @discardableResult
  private mutating func evict(actions: inout Actions) -> Bool {
    for _ in 0..<Self.batch {
      guard numbers.count - awaitedCount > settings.maximumEntries else { return true }
      if let victim = withoutValue.first {
        remove(victim)
      } else if withValue.count > refreshingCount, let victim = withValue.first, let entry = slots[victim] {
        if !entry.isAwaited {
          remove(victim)
          actions.append(.report(.evicted(entry.key)))
        } else {
          // A value that is being refreshed counts as used.
          withValue.use(victim)
        }
      } else {
        return true
      }
    }
    return false
  }

  /// Computes all deadlines anew, a bounded number a call, after the wall clock was set: they are times of the boot
  /// clock, and some values' lives end by the wall clock.
  ///
  /// What is less than a second is the slewing of a time daemon, and changes no deadline that matters.
  private mutating func noticeClockChange(now: Moment) {
    let difference = now.wall - now.boot
    if abs(difference - (clockDifference ?? difference)) >= 1000 { rescheduled = 0 }
    guard let start = rescheduled else { return }
    clockDifference = difference
    rescheduled = sweep(from: start, now: now) { _ in }
  }
}
