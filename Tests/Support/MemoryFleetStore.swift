package import Clocks
package import FederationBroker
package import Secrets
internal import Synchronization

/// A fleet's store in memory, on a test's clock: what `ValkeyFleetStore`'s scripts do.
package final class MemoryFleetStore: FleetStore {
  fileprivate struct Entry: Sendable {
    var generation: String
    var sealed: (content: Secret, end: Milliseconds, expiry: Milliseconds)?
    var lease: (owner: String, end: Milliseconds)?
    var notBefore = Milliseconds.min
  }

  /// All that it holds, to be put back as a replica that has missed something would.
  package struct Contents: Sendable {
    fileprivate var entries: [String: Entry] = [:]
    fileprivate var arrival = 0.0
    fileprivate var lastGeneration = 0
  }

  private struct State: Sendable {
    var contents = Contents()
    var isUp = true
    var isLasting = true
    var steps: [String] = []
  }

  private let scope: FleetScope
  private let clock: any MomentClock
  private let state = Mutex(State())
  package let changes: AsyncStream<FleetChange>
  private let heard: AsyncStream<FleetChange>.Continuation

  package init(_ scope: FleetScope, clock: any MomentClock) {
    self.scope = scope
    self.clock = clock
    (changes, heard) = AsyncStream.makeStream(of: FleetChange.self)
  }

  /// A store with the same contents for another daemon, which hears of its own steps only.
  package var isUp: Bool {
    get { state.withLock(\.isUp) }
    set { state.withLock { $0.isUp = newValue } }
  }

  /// Whether drops survive the server from now on.
  package func setLasting(_ isLasting: Bool) { state.withLock { $0.isLasting = isLasting } }

  package var contents: Contents {
    get { state.withLock(\.contents) }
    set { state.withLock { $0.contents = newValue } }
  }

  /// The steps so far.
  package var steps: [String] { state.withLock(\.steps) }

  /// Changes what is stored under a name, as one who can write the store may.
  package func tamper(_ name: String, _ change: (Secret) -> Secret) {
    state.withLock { state in
      guard let sealed = state.contents.entries[name]?.sealed else { return }
      state.contents.entries[name]?.sealed = (change(sealed.content), sealed.end, sealed.expiry)
    }
  }

  /// Puts what is stored under one name under another.
  package func copy(_ name: String, to other: String) {
    state.withLock { $0.contents.entries[other] = $0.contents.entries[name] }
  }

  /// The names with an entry that holds a token.
  package var names: [String] {
    state.withLock { $0.contents.entries.filter { $0.value.sealed != nil }.map(\.key).sorted() }
  }

  /// Says that something may have gone unheard.
  package func tellGap(_ region: String) { heard.yield(.gap(region: region)) }

  private func step<Result>(
    _ name: String, _ body: (inout Contents, Milliseconds) -> Result
  ) throws(FleetStoreFailure) -> Result {
    let now = clock.now.boot
    return try state.withLock { (state) throws(FleetStoreFailure) in
      guard state.isUp else { throw FleetStoreFailure("the test's store is away", label: "alone") }
      state.steps.append(name)
      return body(&state.contents, now)
    }
  }

  package func take(_ want: FleetWant) async throws(FleetStoreFailure) -> FleetTaken {
    try step("take") { contents, now in
      for name in want.names {
        guard let entry = contents.entries[name], let sealed = entry.sealed, sealed.end - now >= 5000,
          sealed.expiry > want.knownExpiry
        else { continue }
        return .present(
          SealedEntry(name: name, generation: entry.generation, expiry: sealed.expiry, content: sealed.content),
          left: sealed.end - now)
      }
      for name in want.names {
        guard let entry = contents.entries[name] else { continue }
        if let lease = entry.lease, lease.owner != want.owner, lease.end > now { return .leased(lease.end - now) }
        if !want.isUrgent, entry.notBefore > now { return .leased(entry.notBefore - now) }
      }
      let interval = 1000 / scope.rate
      let tolerance = Double(max(0, scope.burst - 2)) * interval
      let latest = Double(now + 600_000) + tolerance + interval
      let arrival = max(min(contents.arrival, latest), Double(now)) + interval
      let wait = Milliseconds(max(0, (arrival - interval - tolerance - Double(now)).rounded(.up)))
      guard wait <= want.longestWait else { return .queue(wait) }
      contents.arrival = arrival
      guard let name = want.names.first else { return .yours(wait: wait, generation: "") }
      contents.lastGeneration += 1
      var entry = contents.entries[name] ?? Entry(generation: "generation-\(contents.lastGeneration)")
      entry.lease = (want.owner, now + wait + want.callTime)
      contents.entries[name] = entry
      return .yours(wait: wait, generation: entry.generation)
    }
  }

  package func put(_ entry: SealedEntry, in region: String) async throws(FleetStoreFailure) -> FleetPutOutcome {
    let outcome: FleetPutOutcome = try step("put") { contents, now in
      guard var held = contents.entries[entry.name], held.generation == entry.generation else { return .dropped }
      if held.lease?.owner == entry.owner { (held.lease, held.notBefore) = (nil, .min) }
      let end = now + entry.left
      let isLater = held.sealed.map { $0.end <= end } ?? true
      if isLater { held.sealed = (entry.content, end, entry.expiry) }
      contents.entries[entry.name] = held
      return isLater ? .stored : .superseded
    }
    if outcome != .dropped { heard.yield(.settled(name: entry.name)) }
    return outcome
  }

  package func fail(_ failure: FleetCallFailure, in region: String) async throws(FleetStoreFailure) {
    let isSettled: Bool = try step("fail") { contents, now in
      if failure.kind == .throttled {
        contents.arrival = max(contents.arrival, Double(now)) + 4000 / scope.rate
      }
      guard let name = failure.name, contents.entries[name]?.lease?.owner == failure.owner else { return false }
      contents.entries[name]?.lease = nil
      if case .failed(let pause) = failure.kind, pause > 0 { contents.entries[name]?.notBefore = now + pause }
      return true
    }
    if isSettled, let name = failure.name { heard.yield(.settled(name: name)) }
  }

  package func drop(_ drop: FleetDrop, in region: String) async throws(FleetStoreFailure) -> FleetDropOutcome {
    var changes: [FleetChange] = []
    let generations: [String] = try step("drop") { contents, now in
      var dropped: [String] = []
      for name in drop.names {
        let generation = contents.entries[name]?.generation
        guard drop.generation == nil || drop.generation == generation else { continue }
        contents.lastGeneration += 1
        contents.entries[name] = Entry(generation: "generation-\(contents.lastGeneration)")
        if let generation { dropped.append(generation) }
        changes.append(.dropped(name: name, generation: generation))
      }
      return dropped
    }
    for change in changes { heard.yield(change) }
    return FleetDropOutcome(generations: generations, isLasting: state.withLock(\.isLasting))
  }

  package func generations(of names: [String], in region: String) async throws(FleetStoreFailure) -> [String?] {
    try step("generations") { contents, _ in names.map { contents.entries[$0]?.generation } }
  }
}
