package import Clocks

/// Where tokens come from: the one seam between the broker and AWS.
package protocol TokenSource: Sendable {
  /// Fetches a token for `key`, with retries.
  ///
  /// Takes as long as upstream takes; the broker bounds each caller's wait. Ends soon, with any error, once the calling
  /// task is cancelled: a shutdown waits for that.
  func fetch(_ key: TokenKey, priority: FetchPriority) async throws(TokenSourceError) -> FetchedToken
}

/// Who goes first when the rate limit makes calls wait.
package enum FetchPriority: Int, Comparable, Sendable {
  /// A caller insists although a live token is cached (`refresh`, `min_ttl`).
  case forced
  /// A miss, or a refresh ahead of expiry.
  case normal

  package static func < (left: FetchPriority, right: FetchPriority) -> Bool { left.rawValue < right.rawValue }
}

package struct FetchedToken: Sendable {
  package let token: FederationToken
  /// The response's `Date`, epoch milliseconds.
  package let upstreamDate: Int64?
  /// `x-amzn-RequestId`.
  package let requestID: String?
  /// A moment before the request left that brought it; `nil` stands for the start of the fetch.
  package var sentAt: Moment?

  package init(token: FederationToken, upstreamDate: Int64?, requestID: String?, sentAt: Moment? = nil) {
    self.token = token
    self.upstreamDate = upstreamDate
    self.requestID = requestID
    self.sentAt = sentAt
  }
}

/// Why no token came.
///
/// Never holds a secret.
package struct TokenSourceError: Error, Sendable, Equatable {
  package enum Reason: Sendable, Equatable {
    /// AWS answered with an error: the HTTP status, and the code of `x-amzn-ErrorType` or of the body.
    case service(status: Int, code: String)
    /// The answer was not one of the operation's.
    case badResponse
    case timedOut
    case unreachable
    case noCredentials
    case noRegion
    /// Our own rate limit could not let the call through in time.
    case rateLimited
    case shuttingDown
  }

  package let reason: Reason
  /// For people: what went wrong and how to mend it.
  ///
  /// Upstream's text, if any, is bounded and free of control characters.
  package let message: String
  /// `x-amzn-RequestId`, where AWS answered.
  package let requestID: String?
  /// Seconds after which asking again may help.
  package let retryAfter: Int?

  package init(_ reason: Reason, _ message: String, requestID: String? = nil, retryAfter: Int? = nil) {
    self.reason = reason
    self.message = message
    self.requestID = requestID
    self.retryAfter = retryAfter
  }
}
