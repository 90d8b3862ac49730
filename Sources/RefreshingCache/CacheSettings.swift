/// How a cache refreshes, waits and evicts; what a reload may change.
public struct CacheSettings: Sendable, Equatable {
  /// How long before its expiry a value is refreshed; a third of its lifetime at most.
  public var refreshBefore: Duration
  /// For how long after the last request a key that is not warm is still refreshed.
  public var idleAfter: Duration
  /// How long a caller waits for a fetch, which goes on without it.
  public var requestTimeout: Duration
  /// How long the origin takes to serve once all who share its quota; zero where nobody knows.
  public var crowdPeriod: Duration
  /// How many entries are kept.
  ///
  /// Warm ones are never evicted, so there should be no more of those.
  public var maximumEntries: Int

  /// Makes settings; what is not given has the default of the configuration.
  public init(
    refreshBefore: Duration = .seconds(300), idleAfter: Duration = .seconds(3600),
    requestTimeout: Duration = .seconds(30), crowdPeriod: Duration = .zero, maximumEntries: Int = 1000
  ) {
    self.refreshBefore = refreshBefore
    self.idleAfter = idleAfter
    self.requestTimeout = requestTimeout
    self.crowdPeriod = crowdPeriod
    self.maximumEntries = maximumEntries
  }
}
