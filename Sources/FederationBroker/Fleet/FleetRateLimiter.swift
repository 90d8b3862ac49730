package import AWS
package import Clocks
package import RefreshingCache
internal import Synchronization
internal import System

/// A place in the fleet's order that a `FleetSource` got for the first call of its task.
final class FleetPlace: Sendable {
  @TaskLocal static var current: FleetPlace?

  private let isTaken = Atomic(false)

  /// Returns `true` to the first who asks.
  func take() -> Bool { !isTaken.exchange(true, ordering: .relaxed) }
}

/// Keeps the calls of a fleet within what AWS allows an account: each call takes its place in an order that all share.
///
/// Without the store, the daemon paces its calls as it does without a fleet. The methods may be called from any thread.
package final class FleetRateLimiter: RateLimiting {
  private let own: any RateLimiting
  private let store: any FleetStore
  private let patience: FleetPatience
  private let jitter: Jitter
  private let observe: @Sendable (FleetEvent) -> Void
  private let countsTokens: Bool

  /// - Parameters:
  ///   - own: The daemon's own limit, within which the calls stay as well.
  ///   - requestTimeout: How long a caller waits for a token.
  ///   - sharesTokens: Whether a `FleetSource` above tells how tokens were come by.
  package init(
    _ own: any RateLimiting, store: any FleetStore, clock: any MomentClock, requestTimeout: Duration,
    sharesTokens: Bool, jitter: Jitter = .random, observe: @escaping @Sendable (FleetEvent) -> Void
  ) {
    self.own = own
    self.store = store
    self.jitter = jitter
    self.observe = observe
    countsTokens = !sharesTokens
    patience = FleetPatience(clock: clock, requestTimeout: requestTimeout.milliseconds)
  }

  package func admit(region: String, priority: @escaping CallUrgency) async throws(AWSError) {
    if let place = FleetPlace.current, place.take() { return try await own.admit(region: region, priority: priority) }
    let origin = try await place(region, priority)
    if countsTokens { observe(.fetched(origin)) }
    try await own.admit(region: region, priority: priority)
  }

  package func throttled(region: String) {
    own.throttled(region: region)
    guard countsTokens else { return }
    Task(executorPreference: TaskPool.shared) { [store] in
      try? await store.fail(FleetCallFailure(name: nil, owner: "", kind: .throttled), in: region)
    }
  }

  package func succeeded(region: String) {
    own.succeeded(region: region)
  }

  /// Waits for a place in the order of all.
  private func place(_ region: String, _ priority: CallUrgency) async throws(AWSError) -> FleetEvent.Origin {
    while true {
      let now = priority()
      let want = FleetWant(region: region, longestWait: patience.longestWait(now), isUrgent: now == .miss)
      let taken: FleetTaken
      do throws(FleetStoreFailure) { taken = try await store.take(want) } catch { return .alone }
      switch taken {
      case .yours(let wait, _):
        observe(.placed(wait))
        try await patience.pause(wait, { .forced })
        return .own
      case .queue(let wait):
        try patience.refuse(now, region: region, wait: wait)
        try await patience.pause(wait / 2 + jitter.upTo(wait), priority)
      case .present, .leased:
        // No answer to a want without names.
        return .alone
      }
    }
  }
}
