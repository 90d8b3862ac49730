package import Clocks
internal import RefreshingCache
internal import Synchronization

/// Temporary credentials by the source that gave them: one call of a source at a time, made before they expire.
///
/// `HeldCredentials` decides, `SingleFlight` runs the calls. Safe to use from any thread.
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

  typealias Fetch = @Sendable () async throws(AWSError) -> AWSCredentials?
  private typealias Outcome = Result<AWSCredentials?, AWSError>

  private struct Entry: Sendable {
    var held: HeldCredentials
    /// The `revision` in which the source gave or confirmed them.
    var revision: Int
  }

  private struct State: Sendable {
    var entries: RecentValues<Key, Entry>
    /// The credentials that AWS called too old, by their access key id.
    var refused: RecentValues<String, AWSCredentials>
    /// Counts the changes of files.
    var revision = 0

    /// What is held, doubted where a file has changed since.
    mutating func held(_ key: Key) -> HeldCredentials? {
      guard let entry = entries[key] else { return nil }
      var held = entry.held
      if refused[held.credentials.accessKeyID] == held.credentials { held.standing = .refused }
      if !key.isDerived, entry.revision != revision, held.standing == .good { held.standing = .doubted }
      return held
    }

    mutating func hold(_ held: HeldCredentials, for key: Key) {
      entries[key] = Entry(held: held, revision: revision)
    }
  }

  private let clock: any MomentClock
  private let state: Mutex<State>
  private let flights: SingleFlight<Key, Result<AWSCredentials?, AWSError>>

  /// - Parameters:
  ///   - clock: The clock by which credentials expire.
  ///   - capacity: How many credentials are held at most: session names are the callers' to choose.
  ///   - patience: How old a call of a source may be that callers wait for.
  package init(clock: any MomentClock, capacity: Int = 1000, patience: Duration = .seconds(30)) {
    self.clock = clock
    state = Mutex(
      State(entries: RecentValues(capacity: capacity), refused: RecentValues(capacity: capacity)))
    flights = SingleFlight(clock: clock, patience: patience.milliseconds)
  }

  /// The credentials held for `key`, or what `fetch` gives.
  ///
  /// Any number of callers cause one fetch, and a cancelled caller leaves it to the others. Near their end the held
  /// ones are returned at once and others are fetched meanwhile; when that fails they go on being used while they live.
  /// Cancelled without a result, it throws `.shuttingDown`.
  func credentials(for key: Key, fetch: @escaping Fetch) async throws(AWSError) -> AWSCredentials? {
    let now = clock.now
    let renew = { @Sendable [self] in await renewed(key, fetch) }
    if let held = state.withLock({ $0.held(key) }) {
      switch held.use(now: now) {
      case .asTheyAre: return held.credentials
      case .whileRenewing:
        flights.begin(key, renew)
        return held.credentials
      case .afterRenewal: break
      }
    }
    guard let outcome = await flights.value(for: key, renew) else {
      throw AWSError(.shuttingDown, "the caller went away before there were credentials")
    }
    return try outcome.get()
  }

  /// AWS called these too old: nobody is given them any more.
  func refuse(_ credentials: AWSCredentials) {
    state.withLock { $0.refused[credentials.accessKeyID] = credentials }
  }

  /// A file has changed: each source is asked again before its credentials are given to anyone.
  func doubt() {
    state.withLock { $0.revision += 1 }
  }

  /// What the source gives: asked again if a file changed meanwhile, when the answer may be of before.
  private func renewed(_ key: Key, _ fetch: Fetch) async -> Outcome {
    while true {
      let revision = state.withLock(\.revision)
      let outcome: Outcome
      do throws(AWSError) { outcome = .success(try await fetch()) } catch { outcome = .failure(error) }
      let now = clock.now
      let settled: Outcome? = state.withLock { state in
        if !key.isDerived, revision != state.revision { return nil }
        // Nobody waits any more, and another call may be under way.
        return Task.isCancelled ? outcome : settle(key, outcome, now, in: &state)
      }
      if let settled { return settled }
    }
  }

  /// Takes note of what a source gave, and returns what its callers get.
  private func settle(_ key: Key, _ outcome: Outcome, _ now: Moment, in state: inout State) -> Outcome {
    switch outcome {
    case .success(nil):
      state.entries[key] = nil
      return outcome
    case .success(let credentials?):
      guard let held = HeldCredentials(credentials, now: now) else {
        let error = AWSError(.noCredentials, "\(credentials.source): the credentials have expired already")
        return settle(key, .failure(error), now, in: &state)
      }
      // The source stands by them: they are tried once more.
      state.refused[credentials.accessKeyID] = nil
      state.hold(held, for: key)
      return outcome
    case .failure(let error):
      guard var held = state.held(key), held.survives(error, now: now) else {
        state.entries[key] = nil
        return outcome
      }
      state.hold(held, for: key)
      return .success(held.credentials)
    }
  }
}
