internal import Clocks

/// When the cache fetches on its own account.
///
/// All times are milliseconds.
enum RefreshTiming {
  /// A value with less to live than this only answers the waiting callers for it.
  static let shortestKept: Milliseconds = 5_000
  /// How long `min_ttl` is satisfied with what is cached, after the origin gave less than it asked for.
  static let minimumLifetimePause: Milliseconds = 5_000
  /// How soon a forgotten warm key is fetched again: late enough for the caller to observe the deletion.
  static let pauseAfterForgetting: Milliseconds = 1_000

  private static let firstBackoff: Milliseconds = 1_000
  private static let longestBackoff: Milliseconds = 60_000
  /// A machine that gets its network late has its values soon after.
  private static let longestUnreachableBackoff: Milliseconds = 10_000

  /// How long before expiry a value is refreshed: less up to a tenth at random, so that a fleet does not move in step.
  static func lead(lifetime: Milliseconds, settings: CacheSettings, jitter: Jitter) -> Milliseconds {
    let lead = min(settings.refreshBefore.milliseconds, lifetime / 3)
    return lead - jitter.upTo(lead / 10)
  }

  /// The pause after the `failures`-th failure in a row: full jitter, doubling from 1 s to 60 s, or to
  /// 10 s while the origin cannot be reached.
  ///
  /// While a value lives the pause is a quarter of what it has left at most, so that several attempts fall before its
  /// end; not less than the first step, so that the last moments are no storm. What the origin asks for with `Retry-After`
  /// comes first, up to the longest pause.
  ///
  /// See https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
  static func backoff(
    failures: Int, remaining: Milliseconds?, retryAfter: Int?, isReachable: Bool = true, jitter: Jitter
  ) -> Milliseconds {
    let doubled = firstBackoff << Milliseconds(min(max(failures - 1, 0), 6))
    let longest = isReachable ? longestBackoff : longestUnreachableBackoff
    let limit = max(firstBackoff, min(doubled, longest, remaining.map { $0 / 4 } ?? longest))
    let asked = Milliseconds(min(max(retryAfter ?? 0, 0), 60)) * 1_000
    return max(jitter.upTo(limit), asked)
  }

  /// The pause of a warm key whose access was taken away: someone must mend that first.
  static func pauseAfterRejection(jitter: Jitter) -> Milliseconds {
    longestBackoff - jitter.upTo(longestBackoff / 10)
  }
}
