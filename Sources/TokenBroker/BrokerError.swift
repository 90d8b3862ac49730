/// Why a caller gets no token.
///
/// Never holds a secret.
package enum BrokerError: Error, Sendable, Equatable {
  /// Upstream's failure, or our own rate limit's.
  case source(TokenSourceError)
  /// `BrokerSettings.requestTimeout` passed; the fetch goes on.
  case requestTimedOut
  case shuttingDown
  /// The calling task was cancelled; the fetch goes on for the others.
  case cancelled
}
