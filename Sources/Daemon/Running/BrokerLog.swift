internal import AWS
internal import FederationBroker
internal import LocalAPI
internal import Logging
internal import RefreshingCache

/// Logs the broker's events.
enum BrokerLog {
  static func write(_ event: BrokerEvent, to logger: Logger) {
    switch event {
    case .fetched(let key, let cause, let lifetime, let isKept, let requestID):
      var metadata = metadata(key)
      metadata["cause"] = "\(cause.rawValue)"
      metadata["lifetime"] = lifetime.map { "\($0 / 1000)s" }
      metadata["upstream_request_id"] = requestID.map { "\($0)" }
      logger.info(isKept ? "fetched a token" : "fetched a token that is not kept", metadata: metadata)
    case .fetchFailed(let key, let cause, let error):
      logger.warning("a fetch failed", metadata: failure(key, cause, error))
    case .rejected(let key, let cause, let error) where error.reason == .noCredentials:
      logger.error(
        "there are no credentials for this identity: its token is erased", metadata: failure(key, cause, error))
    case .rejected(let key, let cause, let error):
      logger.error("AWS refuses this identity: its token is erased", metadata: failure(key, cause, error))
    case .lapsed(let key): logger.info("a token nobody asked for has lapsed", metadata: metadata(key))
    case .evicted(let key): logger.info("a token made room for another", metadata: metadata(key))
    case .erased(let key): logger.info("a token was erased", metadata: metadata(key))
    }
  }

  private static func metadata(_ key: TokenKey) -> Logger.Metadata {
    var metadata: Logger.Metadata = ["instance": "\(key.instanceID)", "region": "\(key.region)"]
    metadata["profile"] = key.identity.profile.map { "\($0)" }
    metadata["role_arn"] = key.identity.roleARN.map { "\($0)" }
    metadata["session_name"] = key.identity.sessionName.map { "\($0)" }
    return metadata
  }

  private static func failure(_ key: TokenKey, _ cause: FetchCause, _ error: AWSError) -> Logger.Metadata {
    var metadata = metadata(key)
    metadata["cause"] = "\(cause.rawValue)"
    metadata["code"] = "\(Problem(.source(error)).code)"
    metadata["reason"] = "\(error.text)"
    metadata["upstream_request_id"] = error.requestID.map { "\($0)" }
    return metadata
  }
}
