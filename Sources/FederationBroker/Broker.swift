package import AWS
package import Clocks
package import RefreshingCache

/// What happened to a token, for logs and metrics.
package typealias BrokerEvent = CacheEvent<FederationSource>
/// Why a caller gets no token.
package typealias BrokerError = CacheError<AWSError>
/// One entry as people may see it.
package typealias TokenSnapshot = EntrySnapshot<FederationSource>

/// Serves Amazon Connect's tokens from memory, on a `RefreshingCache`.
///
/// `Payload` is what is served: it is made once of each token, outside the lock, and must be all that holds its secrets.
/// The cache below does not know its type, so that the path of a hit is compiled for one type, in this module, wherever
/// the payload's type is defined. The methods may be called from any thread.
package final class Broker<Payload: AnyObject & Sendable>: Sendable {
  private let cache: RefreshingCache<FederationSource>
  private let source: any TokenSource

  /// Starts with nothing cached.
  ///
  /// `observe` is called from any thread; events of one moment may arrive in another order.
  package init(
    source: any TokenSource, clock: any MomentClock, settings: CacheSettings = CacheSettings(),
    jitter: Jitter = .random, observe: @escaping @Sendable (BrokerEvent) -> Void = { _ in },
    makePayload: @escaping @Sendable (FederationToken) -> Payload
  ) {
    self.source = source
    cache = RefreshingCache(
      source: FederationSource(source: source, makePayload: makePayload), clock: clock, settings: settings,
      jitter: jitter, observe: observe)
  }

  /// Returns the cached token, if it lives and has at least `minimumLifetime` whole seconds left.
  ///
  /// Waits for nothing but a short lock. Counts as asking for the key.
  package func cached(_ key: TokenKey, minimumLifetime: Int = 0) -> TokenAnswer<Payload>? {
    guard let answer = cache.cached(key, minimumLifetime: minimumLifetime) else { return nil }
    return TokenAnswer(answer)
  }

  /// Returns the key's live token for people to look at: it does not count as asking for the key.
  package func seen(_ key: TokenKey) -> Payload? {
    cache.seen(key).map { unsafe unsafeDowncast($0, to: Payload.self) }
  }

  /// Returns the cached token as `cached` does, else a new one; see `RefreshingCache.value`.
  package func token(
    for key: TokenKey, minimumLifetime: Int = 0, mayForce: () -> Bool = { true }
  ) async throws(BrokerError) -> TokenAnswer<Payload> {
    TokenAnswer(try await cache.value(for: key, minimumLifetime: minimumLifetime, mayForce: mayForce))
  }

  /// Returns a new token, or one that is being fetched already; see `RefreshingCache.refresh`.
  package func refresh(
    _ key: TokenKey, mayForce: () -> Bool = { true }
  ) async throws(BrokerError) -> TokenAnswer<Payload> {
    TokenAnswer(try await cache.refresh(key, mayForce: mayForce))
  }

  /// Drops the key's token, here and wherever the source keeps it; see `RefreshingCache.forget`.
  package func forget(_ key: TokenKey) {
    cache.forget(key)
    source.drop(key)
  }

  /// Drops the key's token from this cache only.
  package func release(_ key: TokenKey) { cache.forget(key) }

  /// Drops the tokens of keys whose caller has changed; see `RefreshingCache.erase`.
  package func erase(where isAffected: (TokenKey) -> Bool) { cache.erase(where: isAffected) }

  /// Makes exactly these keys warm: fetched at once if need be, and kept fresh.
  package func setWarm(_ keys: Set<TokenKey>) { cache.setWarm(keys) }

  /// Puts other settings in force; tokens that are cached keep the lead they got.
  package func configure(_ settings: CacheSettings) { cache.configure(settings) }

  /// Gives and fetches no token until `resume()`; see `RefreshingCache.suspend`.
  package func suspend(isErasing: Bool) { cache.suspend(isErasing: isErasing) }

  /// Ends that.
  package func resume() { cache.resume() }

  /// Returns what is known of each entry, in no order.
  package func snapshot() -> [TokenSnapshot] { cache.snapshot() }

  /// The warm keys without a live token, in no order.
  package var missingWarmKeys: [TokenKey] { cache.missingWarmKeys }

  /// Drops everything, and returns when the fetches, cancelled, have ended.
  package func shutdown() async { await cache.shutdown() }
}

/// A token as its callers get it.
package struct TokenAnswer<Payload: AnyObject & Sendable>: Sendable {
  /// What was made of the token when it came.
  package let payload: Payload
  /// Whole seconds since the token came, rounded down.
  package let age: Int
  /// Whole seconds the token has left, rounded down, 0 if its life is over already; `nil` if upstream did not say.
  package let remaining: Int?
  /// Whether it came from the cache.
  package let isHit: Bool

  /// Gives the payload its type back.
  ///
  /// Sound because a broker's cache holds only what the same broker's `makePayload` returned, which is a `Payload`.
  init(_ answer: CacheAnswer<any AnyObject & Sendable>) {
    payload = unsafe unsafeDowncast(answer.value, to: Payload.self)
    age = answer.age
    remaining = answer.remaining
    isHit = answer.isHit
  }
}
