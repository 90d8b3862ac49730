import Clocks
import Secrets
import TestSupport

@testable import TokenBroker

/// What these tests serve: the token's own access token, and nothing else.
final class Served: Sendable {
  let accessToken: Secret

  init(_ token: FederationToken) {
    accessToken = token.accessToken
  }

  init(_ text: String) {
    accessToken = Secret(text)
  }
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
  /// No token's lead is shortened, and no failure is followed by a pause.
  static let least = Jitter { _ in 0 }
  static let most = Jitter { $0 }
}

extension TokenKey {
  static func instance(_ name: String, profile: String? = nil) -> TokenKey {
    TokenKey(instanceID: name, region: "us-west-2", identity: Identity(profile: profile))
  }
}

extension TokenSourceError {
  static let unreachable = TokenSourceError(.unreachable, "No route to Connect.")
  static let denied = service(403, "AccessDeniedException")

  static func service(_ status: Int, _ code: String) -> TokenSourceError {
    TokenSourceError(.service(status: status, code: code), "Connect says no.", requestID: "request-1")
  }
}

extension FetchedToken {
  /// A token with so many seconds to live at `now`, without a `Date`.
  static func living(_ seconds: Double, at now: Moment, text: String = "token") -> FetchedToken {
    let milliseconds = now.wall + Int64(seconds * 1000)
    return FetchedToken(
      token: FederationToken(
        accessToken: Secret(text),
        accessTokenExpiration: FederationToken.Expiration(
          wireText: "\(Double(milliseconds) / 1000)", milliseconds: milliseconds)),
      upstreamDate: nil, requestID: "request-1")
  }
}

/// The state of a cache with its clock, driven by hand.
struct DrivenCache {
  var state: TokenCacheState
  var now = start
  var actions: [Action] = []
  private var lastWaiter: Waiter.ID = 0

  init(settings: BrokerSettings = BrokerSettings(), jitter: Jitter = .least) {
    state = TokenCacheState(settings: settings, jitter: jitter)
  }

  /// Lets time pass, stopping at each moment that the state says is due, as the scheduler does.
  mutating func pass(_ seconds: Double) {
    let end = now + seconds
    while state.nextDue(now: now) <= end.boot {
      let step = max(0, state.nextDue(now: now) - now.boot)
      now = Moment(wall: now.wall + step, boot: now.boot + step)
      state.advance(now: now, actions: &actions)
    }
    now = Moment(wall: now.wall + end.boot - now.boot, boot: end.boot)
    state.advance(now: now, actions: &actions)
  }

  /// Looks at what is due, without letting time pass.
  mutating func advance() {
    state.advance(now: now, actions: &actions)
  }

  mutating func hit(_ key: TokenKey, minimumLifetime: Int = 0) -> StoredAnswer? {
    state.hit(key, minimumLifetime: minimumLifetime, now: now)?.answer
  }

  @discardableResult
  mutating func ask(_ key: TokenKey, minimumLifetime: Int = 0) -> Waiter.ID {
    request(key, .token(minimumLifetime: minimumLifetime))
  }

  @discardableResult
  mutating func refresh(_ key: TokenKey) -> Waiter.ID {
    request(key, .refresh)
  }

  private mutating func request(_ key: TokenKey, _ demand: Waiter.Demand) -> Waiter.ID {
    lastWaiter += 1
    state.request(key, demand, from: lastWaiter, now: now, actions: &actions)
    return lastWaiter
  }

  mutating func succeed(_ key: TokenKey, lifetime seconds: Double?, text: String = "token") {
    let result = FetchResult(
      payload: Served(text), expiration: seconds.map { now.wall + Int64($0 * 1000) }, upstreamDate: nil,
      requestID: "request-1")
    state.fetched(key, result, now: now, actions: &actions)
  }

  mutating func fail(_ key: TokenKey, _ error: TokenSourceError) {
    state.failed(key, error, now: now, actions: &actions)
  }

  mutating func forget(_ key: TokenKey) {
    state.forget(key, now: now, actions: &actions)
  }

  mutating func erase(_ isAffected: (TokenKey) -> Bool) {
    state.erase(where: isAffected, now: now, actions: &actions)
  }

  /// Fetches a token for `key` as if someone had asked for it.
  mutating func hold(_ key: TokenKey, lifetime seconds: Double, text: String = "token") {
    ask(key)
    succeed(key, lifetime: seconds, text: text)
    _ = takeActions()
  }

  mutating func setWarm(_ keys: Set<TokenKey>) {
    state.setWarm(keys, now: now, actions: &actions)
    advance()
  }

  mutating func takeActions() -> [Action] {
    defer { actions = [] }
    return actions
  }

  /// The fetches that were started since the last call.
  mutating func takeFetches() -> [FetchCause] {
    takeActions().compactMap { if case .fetch(_, let cause) = $0 { cause } else { nil } }
  }

  func snapshot(_ key: TokenKey) -> EntrySnapshot? {
    state.snapshot(now: now).first { $0.key == key }
  }
}

extension [Action] {
  var events: [BrokerEvent] {
    compactMap { if case .report(let event) = $0 { event } else { nil } }
  }

  var fetchedKeys: [TokenKey] {
    compactMap { if case .fetch(let key, _) = $0 { key } else { nil } }
  }

  /// What a caller was answered: the token's text, or why there is none.
  func reply(to waiter: Waiter.ID) -> Result<String, BrokerError>? {
    for case .answer(let waiters, let result) in self where waiters.contains(waiter) {
      return result.map(\.text)
    }
    return nil
  }
}

extension StoredAnswer {
  var text: String { (payload as? Served)?.accessToken.exposed ?? "not what was stored" }
}
