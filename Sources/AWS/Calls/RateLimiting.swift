/// What protects an AWS account's quota: each call upstream, retries included, is admitted first.
package protocol RateLimiting: Sendable {
  /// Waits for a place, in order of `priority`. Throws `.rateLimited`, with `retryAfter`, when none comes in time or the
  /// calling task is cancelled.
  func admit(region: String, priority: CallPriority) async throws(AWSError)

  /// Upstream throttled a call: go slower. Returns in how many seconds the next call has its place.
  func throttled(region: String) -> Int

  /// Upstream answered a call: go faster again, up to the configured rate.
  func succeeded(region: String)
}

/// Which call goes first when the rate limit makes calls wait.
package enum CallPriority: Int, Comparable, Sendable {
  /// A caller insists although a live token is cached (`refresh`, `min_ttl`).
  case forced
  /// A miss, or a refresh ahead of expiry.
  case normal

  package static func < (left: CallPriority, right: CallPriority) -> Bool { left.rawValue < right.rawValue }
}
