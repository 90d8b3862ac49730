/// What protects an AWS account's quota: each call upstream, retries included, is admitted first.
package protocol RateLimiting: Sendable {
  /// Waits for a place, in order of `priority`, which is asked again whenever a place is free and may rise meanwhile.
  ///
  /// A background call keeps its place until it comes. For the others throws `.rateLimited`, with `retryAfter`, when none
  /// comes in time; for all, when the calling task is cancelled.
  func admit(region: String, priority: @escaping CallUrgency) async throws(AWSError)

  /// Upstream throttled a call: go slower.
  func throttled(region: String)

  /// Upstream answered a call: go faster again, up to the configured rate.
  func succeeded(region: String)
}

/// How urgent a call is by now: it may become more so while it waits for its place.
package typealias CallUrgency = @Sendable () -> CallPriority

/// Which call goes first when the rate limit makes calls wait.
package enum CallPriority: Int, Comparable, Sendable {
  /// A caller insists although a live token is cached (`refresh`, `min_ttl`).
  case forced
  /// Nobody waits for it: a refresh ahead of expiry, or a warm key to be filled.
  case background
  /// A caller has nothing else to be answered with.
  case miss

  package static func < (left: CallPriority, right: CallPriority) -> Bool { left.rawValue < right.rawValue }
}
