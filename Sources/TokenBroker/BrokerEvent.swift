/// Why a fetch was made.
package enum FetchCause: String, Sendable, Equatable {
  /// A request found nothing live.
  case miss
  /// A caller insisted although a live token was cached (`refresh`, `min_ttl`).
  case forced
  /// The broker's own: ahead of expiry, or to fill a warm key.
  case background

  var priority: FetchPriority { self == .forced ? .forced : .normal }
}

/// What happened, for logs and metrics.
///
/// Never holds a secret.
package enum BrokerEvent: Sendable, Equatable {
  /// Upstream gave a token.
  ///
  /// `lifetime` is in milliseconds as upstream granted it, `nil` if it did not say; `isKept` is false for a token that
  /// only answered those who waited.
  case fetched(TokenKey, FetchCause, lifetime: Int64?, isKept: Bool, requestID: String?)
  /// A fetch failed; a live token, if there is one, goes on being served.
  case fetchFailed(TokenKey, FetchCause, TokenSourceError)
  /// Access was taken away or the login is gone: the token was erased, live or not.
  case rejected(TokenKey, FetchCause, TokenSourceError)
  /// A token reached its expiry and was erased: the expected end of a key nobody asks for.
  case lapsed(TokenKey)
  /// An entry made room for another.
  case evicted(TokenKey)
  /// An entry was forgotten on request, or because whose credentials ask has changed.
  case erased(TokenKey)
}
