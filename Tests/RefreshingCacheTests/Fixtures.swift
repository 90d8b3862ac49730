import Clocks

@testable import RefreshingCache

/// What these tests cache values for: a name, which a profile may share with others.
struct TestKey: Hashable {
  let name: String
  var profile: String?

  static func instance(_ name: String, profile: String? = nil) -> TestKey { TestKey(name: name, profile: profile) }
}

enum TestFailure: CacheFailure {
  case unreachable
  case denied
  /// What concerns all keys of the profile.
  case void
  case throttled(retryAfter: Int? = nil)
  case notAsked

  var verdict: Verdict {
    switch self {
    case .unreachable: .transient
    case .denied: .rejects
    case .void: .rejectsSiblings
    case .throttled: .throttled
    case .notAsked: .notAsked
    }
  }

  var retryAfter: Int? {
    if case .throttled(let seconds) = self { seconds } else { nil }
  }

  func retrying(after seconds: Int) -> TestFailure { .throttled(retryAfter: seconds) }
}

/// A source that does what a closure says.
struct TestSource: CacheSource {
  var handler: @Sendable (TestKey, FetchCause) async throws(TestFailure) -> Fetched<String> = {
    (_, _) throws(TestFailure) in
    throw .unreachable
  }

  func fetch(_ key: TestKey, order: FetchOrder) async throws(TestFailure) -> Fetched<String> {
    try await handler(key, order.cause)
  }

  static func areSiblings(_ key: TestKey, _ other: TestKey) -> Bool { key.profile == other.profile }
}

let start = Moment(wall: 1_795_478_400_000, boot: 600_000)

extension Moment {
  /// Later by so many seconds, on both clocks.
  static func + (moment: Moment, seconds: Double) -> Moment {
    let milliseconds = Int64(seconds * 1000)
    return Moment(wall: moment.wall + milliseconds, boot: moment.boot + milliseconds)
  }
}

extension Jitter {
  /// No value's lead is shortened, and no failure is followed by a pause.
  static let least = Jitter { _ in 0 }
  static let most = Jitter { $0 }
}

/// The state of a cache with its clock, driven by hand.
struct DrivenCache {
  typealias Reply = Result<String, CacheError<TestFailure>>

  var state: CacheState<TestSource>
  var now = start
  var actions: [Action<TestSource>] = []
  private var lastWaiter: Waiter.ID = 0

  init(settings: CacheSettings = CacheSettings(), jitter: Jitter = .least) {
    state = CacheState(settings: settings, jitter: jitter)
  }

  /// Lets time pass, stopping at each moment that the state says is due, as the scheduler does.
  mutating func pass(_ seconds: Double) {
    let end = now + seconds
    while state.nextDue <= end.boot {
      let step = max(now.boot, state.nextDue) - now.boot
      now = Moment(wall: now.wall + step, boot: now.boot + step)
      advance()
    }
    now = Moment(wall: now.wall + end.boot - now.boot, boot: end.boot)
    advance()
  }

  /// Looks at what is due, without letting time pass.
  mutating func advance() {
    while state.advance(now: now, actions: &actions) {}
  }

  mutating func hit(_ key: TestKey, minimumLifetime: Int = 0) -> CacheAnswer<String>? {
    state.hit(key, minimumLifetime: minimumLifetime, now: now)?.answer
  }

  @discardableResult
  mutating func ask(_ key: TestKey, minimumLifetime: Int = 0) -> Waiter.ID {
    request(key, .value(minimumLifetime: minimumLifetime))
  }

  @discardableResult
  mutating func refresh(_ key: TestKey) -> Waiter.ID {
    request(key, .refresh)
  }

  private mutating func request(_ key: TestKey, _ demand: Waiter.Demand) -> Waiter.ID {
    lastWaiter += 1
    state.request(key, demand, from: lastWaiter, now: now, actions: &actions)
    return lastWaiter
  }

  mutating func leave(_ key: TestKey, _ waiter: Waiter.ID) {
    state.leave(key, waiter, now: now)
  }

  mutating func succeed(_ key: TestKey, lifetime seconds: Double?, text: String = "token") {
    let result = Fetched(text, expiration: seconds.map { now.wall + Int64($0 * 1000) }, requestID: "request-1")
    state.fetched(key, result, now: now, actions: &actions)
  }

  mutating func fail(_ key: TestKey, _ error: TestFailure) {
    _ = state.failed(key, error, now: now, actions: &actions)
  }

  mutating func forget(_ key: TestKey) {
    state.forget(key, now: now, actions: &actions)
  }

  mutating func erase(_ isAffected: (TestKey) -> Bool) {
    var position: Int? = 0
    while let start = position {
      var actions: [Action<TestSource>] = []
      let (now, settings) = (now, state.settings)
      position = state.sweep(from: start, now: now) {
        if isAffected($0.key) { $0.erase(now: now, settings: settings, actions: &actions) }
      }
      self.actions += actions
    }
  }

  mutating func suspend(isErasing: Bool = false) {
    state.suspend()
    sweep { $0.suspend(isErasing: isErasing, actions: &$1) }
  }

  mutating func resume() {
    state.resume()
    sweep { _, _ in }
  }

  private mutating func sweep(_ change: (inout CacheEntry<TestSource>, inout [Action<TestSource>]) -> Void) {
    var position: Int? = 0
    while let start = position {
      var actions: [Action<TestSource>] = []
      position = state.sweep(from: start, now: now) { change(&$0, &actions) }
      self.actions += actions
    }
  }

  /// Fetches a value for `key` as if someone had asked for it.
  mutating func hold(_ key: TestKey, lifetime seconds: Double, text: String = "token") {
    ask(key)
    succeed(key, lifetime: seconds, text: text)
    _ = takeActions()
  }

  mutating func setWarm(_ keys: Set<TestKey>) {
    state.setWarm(keys, now: now)
    advance()
  }

  mutating func takeActions() -> [Action<TestSource>] {
    defer { actions = [] }
    return actions
  }

  /// The fetches that were started since the last call.
  mutating func takeFetches() -> [FetchCause] {
    takeActions().compactMap { if case .fetch(_, let cause) = $0 { cause } else { nil } }
  }

  var snapshots: [EntrySnapshot<TestSource>] {
    var snapshots: [EntrySnapshot<TestSource>] = []
    var position: Int? = 0
    while let start = position { position = state.snapshot(from: start, now: now, into: &snapshots) }
    return snapshots
  }

  var keys: Set<TestKey> { Set(snapshots.map(\.key)) }

  func snapshot(_ key: TestKey) -> EntrySnapshot<TestSource>? {
    snapshots.first { $0.key == key }
  }
}

extension [Action<TestSource>] {
  var events: [CacheEvent<TestSource>] {
    compactMap { if case .report(let event) = $0 { event } else { nil } }
  }

  var fetchedKeys: [TestKey] {
    compactMap { if case .fetch(let key, _) = $0 { key } else { nil } }
  }

  /// What a caller was answered: the value, or why there is none.
  func reply(to waiter: Waiter.ID) -> DrivenCache.Reply? {
    for case .answer(let waiters, let result) in self where waiters.contains(waiter) {
      return result.map(\.value)
    }
    return nil
  }
}
