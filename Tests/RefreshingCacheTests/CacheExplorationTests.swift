import Clocks
import TestSupport
import Testing

@testable import RefreshingCache

/// What an explored origin hands out: whose value it is, in which reign of a caller it was fetched, and when it ends.
private struct Stamped: Sendable {
  let key: Letter
  let reign: Int
  let end: Milliseconds
  /// Whether the key was forgotten while this was fetched.
  let isForgotten: Bool
}

private enum Letter: String, Hashable, Sendable, CaseIterable { case a, b }

private struct StampedSource: CacheSource {
  func fetch(_ key: Letter, order: FetchOrder) async throws(TestFailure) -> Fetched<Stamped> { throw .unreachable }

  /// Both keys are one caller's.
  static func areSiblings(_ key: Letter, _ other: Letter) -> Bool { true }
}

/// A cache of two keys with an origin that answers in any order, or never, and callers that come and go.
private struct ExploredCache: ExplorableSystem {
  enum Event: Sendable, CustomStringConvertible {
    case ask(Letter)
    case askForLong(Letter)
    case refresh(Letter)
    case leave(Letter)
    case bring(Letter, lifetime: Milliseconds?)
    case fail(Letter, TestFailure)
    case forget(Letter)
    case erase
    case warm(Set<Letter>)
    case tick
    case wait
    case setBack
    case shutDown

    var description: String {
      switch self {
      case .ask(let key): "\(key): ask"
      case .askForLong(let key): "\(key): ask for a long life"
      case .refresh(let key): "\(key): refresh"
      case .leave(let key): "\(key): leave"
      case .bring(let key, let lifetime): "\(key): a value \(lifetime.map { "of \($0 / 1000) s" } ?? "without an end")"
      case .fail(let key, let failure): "\(key): \(failure.name)"
      case .forget(let key): "\(key): forget"
      case .erase: "erase all"
      case .warm(let keys): "warm \(keys.map(\.rawValue).sorted().joined())"
      case .tick: "tick"
      case .wait: "wait"
      case .setBack: "the clock is set back"
      case .shutDown: "shut down"
      }
    }
  }

  struct Caller {
    let id: Waiter.ID
    let key: Letter
    let deadline: Milliseconds
  }

  static let settings = CacheSettings(
    refreshBefore: .seconds(4), idleAfter: .seconds(20), requestTimeout: .seconds(8), maximumEntries: 1)
  static let callersAtOnce = 2

  private var state = CacheState<StampedSource>(settings: settings, jitter: .least)
  private var now = start
  private var callers: [Caller] = []
  /// The reign in which each fetch under way was started.
  private var flights: [Letter: Int] = [:]
  /// Keys that were forgotten since their fetch under way was started.
  private var forgotten: Set<Letter> = []
  private var reign = 0
  private var warmKeys: Set<Letter> = []
  private var isShutDown = false

  init() {}

  var events: [Event] {
    if isShutDown { return [] }
    var events: [Event] = []
    for key in Letter.allCases {
      if callers.count < Self.callersAtOnce { events.append(.ask(key)) }
      if callers.contains(where: { $0.key == key }) { events.append(.leave(key)) }
      if flights[key] != nil { events += [.bring(key, lifetime: 12_000), .fail(key, .void)] }
      events.append(.forget(key))
    }
    // The other key does what may touch the first one; the first one does all there is.
    if callers.count < Self.callersAtOnce { events += [.askForLong(.a), .refresh(.a)] }
    if flights[.a] != nil {
      events += [
        .bring(.a, lifetime: 2_000), .bring(.a, lifetime: nil), .fail(.a, .unreachable), .fail(.a, .denied),
        .fail(.a, .throttled(retryAfter: 2)),
      ]
    }
    events += [.erase, .warm(warmKeys.isEmpty ? [.a] : []), .wait, .setBack, .shutDown]
    if state.nextDue != .max { events.append(.tick) }
    return events
  }

  mutating func apply(_ event: Event) throws(BrokenInvariant) -> String {
    var actions: [Action<StampedSource>] = []
    switch event {
    case .ask(let key): request(key, .value(minimumLifetime: 0), &actions)
    case .askForLong(let key): request(key, .value(minimumLifetime: 11), &actions)
    case .refresh(let key): request(key, .refresh, &actions)
    case .leave(let key):
      guard let index = callers.firstIndex(where: { $0.key == key }) else { break }
      state.leave(key, callers.remove(at: index).id, now: now)
    case .bring(let key, let lifetime):
      guard let flown = flights.removeValue(forKey: key) else { break }
      let end = lifetime.map { now.boot + $0 } ?? .max
      let value = Stamped(key: key, reign: flown, end: end, isForgotten: forgotten.remove(key) != nil)
      state.fetched(key, Fetched(value, expiration: lifetime.map { now.wall + $0 }), now: now, actions: &actions)
    case .fail(let key, let failure):
      flights[key] = nil
      forgotten.remove(key)
      if state.failed(key, failure, now: now, actions: &actions), failure.verdict == .rejectsSiblings {
        sweep(&actions) { entry, _, actions in if entry.key != key { entry.reject(failure, actions: &actions) } }
      }
    case .forget(let key):
      if flights[key] != nil { forgotten.insert(key) }
      state.forget(key, now: now, actions: &actions)
    case .erase:
      reign += 1
      let settings = state.settings
      sweep(&actions) { entry, now, actions in entry.erase(now: now, settings: settings, actions: &actions) }
    case .warm(let keys):
      warmKeys = keys
      state.setWarm(keys, now: now)
    case .tick: pass(max(0, state.nextDue - now.boot))
    case .wait: pass(3_000)
    case .setBack: now = Moment(wall: now.wall - 3_600_000, boot: now.boot)
    case .shutDown:
      state.shutDown(actions: &actions)
      isShutDown = true
    }
    var outcome = try follow(actions)
    // As the scheduler does, which is woken after each transition and at each due time.
    var rounds = 0
    while !isShutDown, state.nextDue <= now.boot || rounds == 0 {
      var actions: [Action<StampedSource>] = []
      while state.advance(now: now, actions: &actions) {}
      outcome += try follow(actions)
      rounds += 1
      try expect(rounds < 5, "what is due stays due")
    }
    try checkRest()
    return outcome.isEmpty ? "nothing" : Set(outcome).sorted().joined(separator: ", ")
  }

  private mutating func request(_ key: Letter, _ demand: Waiter.Demand, _ actions: inout [Action<StampedSource>]) {
    // The first number that is free, so that states do not differ by how many callers there were.
    let id: Waiter.ID = callers.contains { $0.id == 1 } ? 2 : 1
    callers.append(Caller(id: id, key: key, deadline: now.boot + Self.settings.requestTimeout.milliseconds))
    state.request(key, demand, from: id, now: now, actions: &actions)
  }

  private mutating func sweep(
    _ actions: inout [Action<StampedSource>],
    _ change: (inout CacheEntry<StampedSource>, Moment, inout [Action<StampedSource>]) -> Void
  ) {
    var position: Int? = 0
    let now = now
    while let start = position {
      position = state.sweep(from: start, now: now) { change(&$0, now, &actions) }
    }
  }

  private mutating func pass(_ milliseconds: Milliseconds) {
    now = Moment(wall: now.wall + milliseconds, boot: now.boot + milliseconds)
  }

  /// Does what the driver does with each action, and checks it.
  private mutating func follow(_ actions: [Action<StampedSource>]) throws(BrokenInvariant) -> [String] {
    var outcome: [String] = []
    for action in actions {
      switch action {
      case .fetch(let key, let cause):
        try expect(!isShutDown, "a fetch after the shutdown")
        try expect(flights[key] == nil, "a second flight for \(key)")
        flights[key] = reign
        forgotten.remove(key)
        outcome.append("fetch (\(cause))")
      case .hastenFetch(let key), .cancelFetch(let key):
        try expect(flights[key] != nil, "a word to a fetch of \(key) that is not under way")
      case .abandonFetch(let key):
        try expect(flights.removeValue(forKey: key) != nil, "a fetch of \(key) is abandoned that is not under way")
        outcome.append("abandon")
      case .answer(let waiters, let result):
        for id in waiters {
          guard let index = callers.firstIndex(where: { $0.id == id }) else {
            throw BrokenInvariant("a caller is answered twice, or after it left")
          }
          let caller = callers.remove(at: index)
          guard case .success(let answer) = result else {
            outcome.append("refuse")
            continue
          }
          outcome.append("answer")
          try expect(answer.value.key == caller.key, "a value of \(answer.value.key) for \(caller.key)")
          try expect(answer.value.reign == reign, "a value of a former caller")
          try expect(answer.value.end > now.boot, "an expired value")
          if let remaining = answer.remaining, answer.isHit {
            try expect(Milliseconds(remaining) * 1000 <= answer.value.end - now.boot, "more life than is left")
          }
        }
      case .report: break
      }
    }
    return outcome
  }

  /// What holds between two events.
  private func checkRest() throws(BrokenInvariant) {
    for key in Letter.allCases {
      guard let value = state.seen(key, now: now) else { continue }
      try expect(!value.isForgotten, "a value is kept that was forgotten before it came")
      try expect(value.key == key && value.reign == reign && value.end > now.boot, "a value that must not be seen")
      try expect(!isShutDown, "a value after the shutdown")
    }
    if isShutDown {
      try expect(callers.isEmpty, "a caller that waits after the shutdown")
      try expect(state.count == 0 && state.nextDue == .max, "something is left after the shutdown")
      return
    }
    for caller in callers {
      try expect(caller.deadline > now.boot, "a caller waits beyond its time")
      try expect(state.nextDue <= caller.deadline, "nothing will end the wait of a caller of \(caller.key)")
    }
    // Each caller waits for a fetch that is under way, or for the time that its next one may start.
    for key in warmKeys where state.seen(key, now: now) == nil && flights[key] == nil {
      try expect(state.nextDue != .max, "a warm key is neither cached nor fetched, and never will be")
    }
    let values = Letter.allCases.filter {
      state.seen($0, now: now) != nil && flights[$0] == nil && !warmKeys.contains($0)
    }
    try expect(values.count <= Self.settings.maximumEntries, "more entries than fit")
  }

  private func expect(_ holds: Bool, _ invariant: String) throws(BrokenInvariant) {
    guard holds else { throw BrokenInvariant(invariant) }
  }

  var fingerprint: String {
    guard !isShutDown else { return "shut down" }
    let clocks: [String: Int64] = ["wall": now.wall, "expiration": now.wall, "reign": Int64(reign)]
    let model =
      callers.map { "\($0.id)\($0.key)@\($0.deadline - now.boot)" }.joined()
      + "\(Letter.allCases.map { flights[$0] == reign })"
      + "\(Letter.allCases.map { flights[$0] == nil })\(Letter.allCases.map { forgotten.contains($0) })"
    return model
      + Fingerprint.of(state, times: Self.times, ignoring: ["settings", "jitter", "lastRefresh"], horizon: 60_000) {
        clocks[$0] ?? now.boot
      }
  }

  private static let times: Set<String> = [
    "wall", "boot", "expiration", "receivedAt", "lastAsked", "retryAt", "throttledSince", "throttledAt",
    "minimumLifetimePausedUntil", "deadline", "end", "reign",
  ]

  /// That of the first key.
  var stateName: String {
    guard !isShutDown else { return "shut down" }
    var snapshots: [EntrySnapshot<StampedSource>] = []
    var position: Int? = 0
    while let start = position { position = state.snapshot(from: start, now: now, into: &snapshots) }
    return snapshots.first { $0.key == .a }?.state.rawValue ?? "absent"
  }
}

extension TestFailure {
  fileprivate var name: String {
    switch self {
    case .unreachable: "unreachable"
    case .denied: "denied"
    case .void: "void"
    case .throttled: "throttled"
    case .notAsked: "not asked"
    }
  }
}

@Suite struct CacheExplorationTests {
  @Test("whatever origin, callers and clocks do, each state that a cache of two keys reaches keeps what it promises")
  func states() {
    let exploration = Exploration<ExploredCache>(bound: 5)
    print("CacheState: \(exploration.summary)")
    #expect(exploration.fault == nil)
    #expect(exploration.stateCount > 1)
    let diagram = StateDiagram(of: exploration, title: "CacheEntry") { event, _ in
      // The picture is that of one key.
      if event.hasPrefix("b: ") { return nil }
      let event = event.replacing("a: ", with: "")
      return switch event {
      case "ask", "ask for a long life", "refresh": "a caller"
      case "a value of 2 s", "a value without an end": "a value that is not kept"
      case "a value of 12 s": "a value"
      case "tick", "wait": "time"
      default: event
      }
    }
    #expect(
      diagram.isDrawn(as: "entry-states", in: "Sources/RefreshingCache/RefreshingCache.docc"),
      "the picture is stale: run make diagrams")
  }
}
