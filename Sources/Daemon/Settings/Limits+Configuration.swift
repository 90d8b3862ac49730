internal import Configuration
internal import LocalHTTP
internal import TokenBroker

extension LocalHTTP.Limits {
  init(_ configuration: Configuration) {
    let limits = configuration.limits
    self.init()
    connections = limits.maxConnections
    requestsPerConnection = limits.maxRequestsPerConnection
    target = limits.maxTargetBytes
    header = limits.maxHeaderBytes
    fields = limits.maxHeaderFields
    body = limits.maxBodyBytes
    headerTime = Int(limits.headerTimeout / .milliseconds(1))
    idleTime = Int(limits.idleTimeout / .milliseconds(1))
  }
}

extension BrokerSettings {
  init(_ configuration: Configuration) {
    self.init(
      refreshBefore: configuration.cache.refreshBefore, idleAfter: configuration.cache.idleAfter,
      requestTimeout: configuration.requestTimeout, maximumEntries: configuration.cache.maxEntries)
  }
}
