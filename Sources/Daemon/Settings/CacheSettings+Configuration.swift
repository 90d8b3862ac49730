internal import Configuration
internal import RefreshingCache

extension CacheSettings {
  init(_ configuration: Configuration) {
    self.init(
      refreshBefore: configuration.cache.refreshBefore, idleAfter: configuration.cache.idleAfter,
      requestTimeout: configuration.requestTimeout,
      crowdPeriod: configuration.rateLimit.fleetPeriod, maximumEntries: configuration.cache.maxEntries)
  }
}
