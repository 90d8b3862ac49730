package import Clocks
internal import Synchronization
internal import System
internal import TokenBroker

/// Temporary credentials by the source that gave them: one call of a source at a time, made before they expire.
///
/// `HeldCredentials` decides; this class reads the clock, holds the lock and runs the calls. Safe to use from any thread.
package final class CredentialCache: Sendable {
  /// What of the configuration decides whose credentials a source gives.
  struct Key: Hashable, Sendable {
    private let parts: [String?]
    /// Whether they follow from other credentials, whose lineage is a part of the key, so that no file has a say in them.
    let isDerived: Bool

    init(_ parts: [String?], isDerived: Bool = false) {
      self.parts = parts
      self.isDerived = isDerived
    }
  }

  typealias Fetch = @Sendable () async throws(CredentialError) -> AWSCredentials?
  private typealias Outcome = Result<AWSCredentials?, CredentialError>

  private struct Flight: Sendable {
    let id: UInt64
    let task: Task<Void, Never>
    let fetch: Fetch
    /// Nobody has to wait for it.
    let isAhead: Bool
    /// A file changed since it began, so that what it brings may be of before.
    var isOutdated = false
    var waiting: [UInt64: CheckedContinuation<Outcome, Never>] = [:]
  }

  private struct Entry: Sendable {
    var held: HeldCredentials
    var lastUse: Int64
  }

  private struct State: Sendable {
    var entries: [Key: Entry] = [:]
    var flights: [Key: Flight] = [:]
    var lastID: UInt64 = 0

    mutating func nextID() -> UInt64 {
      lastID += 1
      return lastID
    }
  }

  private let clock: any MomentClock
  private let capacity: Int
  private let state = Mutex(State())

  /// - Parameters:
  ///   - clock: Tells when credentials expire.
  ///   - capacity: How many credentials are held at most: session names are the callers' to choose.
  package init(clock: any MomentClock, capacity: Int = 1000) {
    self.clock = clock
    self.capacity = max(1, capacity)
  }

  /// The credentials held for `key`, or what `fetch` gives.
  ///
  /// Any number of callers cause one fetch, and one who is cancelled leaves it to the others. Near their end the held
  /// ones are returned at once and others are fetched meanwhile; when that fails they go on being used while they live.
  /// Cancelled without a result, it throws `.shuttingDown`.
  func credentials(for key: Key, fetch: @escaping Fetch) async throws(CredentialError) -> AWSCredentials? {
    let now = clock.now
    let usable = state.withLock { state -> AWSCredentials? in
      state.entries[key]?.lastUse = now.boot
      guard let held = state.entries[key]?.held else { return nil }
      switch held.use(now: now) {
      case .asTheyAre: return held.credentials
      case .whileRenewing:
        if state.flights[key] == nil { start(key, fetch, isAhead: true, in: &state) }
        return held.credentials
      case .afterRenewal: return nil
      }
    }
    if let usable { return usable }
    return try await join(key, fetch).get()
  }

  /// AWS called these too old: nobody is given them any more.
  func refuse(_ credentials: AWSCredentials) {
    state.withLock { state in
      for (key, entry) in state.entries where entry.held.credentials == credentials {
        state.entries[key]?.held.standing = .refused
      }
    }
  }

  /// A file has changed: each source is asked again before its credentials are given to anyone.
  func doubt() {
    state.withLock { state in
      for (key, entry) in state.entries where !key.isDerived && entry.held.standing == .good {
        state.entries[key]?.held.standing = .doubted
      }
      for key in state.flights.keys where !key.isDerived { state.flights[key]?.isOutdated = true }
    }
  }

  private func join(_ key: Key, _ fetch: @escaping Fetch) async -> Outcome {
    let waiter = state.withLock { $0.nextID() }
    return await withCancellableContinuation { continuation in
      state.withLock { state in
        if state.flights[key] == nil { start(key, fetch, isAhead: false, in: &state) }
        state.flights[key]?.waiting[waiter] = continuation
      }
    } onCancel: {
      leave(key, waiter)
    }
  }

  private func leave(_ key: Key, _ waiter: UInt64) {
    let (continuation, abandoned) = state.withLock { state in
      let continuation = state.flights[key]?.waiting.removeValue(forKey: waiter)
      guard continuation != nil, let flight = state.flights[key], flight.waiting.isEmpty, !flight.isAhead else {
        return (continuation, Task<Void, Never>?.none)
      }
      state.flights[key] = nil
      return (continuation, flight.task)
    }
    abandoned?.cancel()
    continuation?.resume(
      returning: .failure(CredentialError(.shuttingDown, "the caller went away before there were credentials")))
  }

  private func start(_ key: Key, _ fetch: @escaping Fetch, isAhead: Bool, in state: inout State) {
    let id = state.nextID()
    let task = Task {
      let outcome: Outcome
      do throws(CredentialError) { outcome = .success(try await fetch()) } catch { outcome = .failure(error) }
      finish(key, id, outcome)
    }
    state.flights[key] = Flight(id: id, task: task, fetch: fetch, isAhead: isAhead)
  }

  private func finish(_ key: Key, _ id: UInt64, _ outcome: Outcome) {
    let now = clock.now
    let (waiting, answer) = state.withLock { state in
      // A flight that was given up says nothing any more.
      guard state.flights[key]?.id == id, let flight = state.flights.removeValue(forKey: key) else {
        return ([CheckedContinuation<Outcome, Never>](), outcome)
      }
      if flight.isOutdated {
        start(key, flight.fetch, isAhead: flight.isAhead, in: &state)
        state.flights[key]?.waiting = flight.waiting
        return ([], outcome)
      }
      return (Array(flight.waiting.values), settle(key, outcome, now, in: &state))
    }
    for continuation in waiting { continuation.resume(returning: answer) }
  }

  /// Takes note of what a source gave, and returns what its callers get.
  private func settle(_ key: Key, _ outcome: Outcome, _ now: Moment, in state: inout State) -> Outcome {
    switch outcome {
    case .success(let credentials?):
      guard let held = HeldCredentials(credentials, now: now) else {
        return settle(
          key, .failure(CredentialError("\(credentials.source): the credentials have expired already")), now, in: &state
        )
      }
      state.entries[key] = Entry(held: held, lastUse: now.boot)
      makeRoom(in: &state, now)
    case .success(nil):
      state.entries[key] = nil
    case .failure(let error):
      guard var entry = state.entries.removeValue(forKey: key), entry.held.survives(error, now: now) else { break }
      state.entries[key] = entry
      return .success(entry.held.credentials)
    }
    return outcome
  }

  private func makeRoom(in state: inout State, _ now: Moment) {
    guard state.entries.count > capacity else { return }
    state.entries = state.entries.filter { $0.value.held.remaining(now) > 0 }
    while state.entries.count > capacity, let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
      state.entries[oldest.key] = nil
    }
  }
}
