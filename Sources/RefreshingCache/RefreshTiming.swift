public import Clocks

/// When the cache fetches on its own account.
///
/// All times are milliseconds.
public enum RefreshTiming {
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

  /// For how long a throttled fetch means that the quota is scarce.
  static let scarcityPeriod: Milliseconds = 3_600_000
  /// How long before expiry a value is refreshed at most while the quota is scarce: an hour's life then costs fewer calls.
  static let longestScarceLead: Milliseconds = 60_000

  /// How long before expiry a value is refreshed: less up to a tenth at random, so that a fleet does not move in step.
  static func lead(lifetime: Milliseconds, isScarce: Bool, settings: CacheSettings, jitter: Jitter) -> Milliseconds {
    let lead = longestLead(lifetime: lifetime, isScarce: isScarce, settings: settings)
    return lead - jitter.upTo(lead / 10)
  }

  /// The same, before anything is taken off at random.
  public static func longestLead(lifetime: Milliseconds, isScarce: Bool, settings: CacheSettings) -> Milliseconds {
    min(settings.refreshBefore.milliseconds, lifetime / 3, isScarce ? longestScarceLead : .max)
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
    let doubled = firstBackoff << Milliseconds(min(max(failures, 1) - 1, 6))
    let longest = isReachable ? longestBackoff : longestUnreachableBackoff
    let limit = max(firstBackoff, min(doubled, longest, remaining.map { $0 / 4 } ?? longest))
    return max(jitter.upTo(limit), asked(retryAfter))
  }

  /// The pause after the `throttles`-th throttled fetch of one need for a value: full jitter below 4 s, 16 s, and so on,
  /// up to a window.
  ///
  /// The window is where the crowd that shares the quota spreads itself out. Without a hint it is a sixteenth of how long
  /// this key has `waited`, 60 s at least: elapsed time is all that one daemon knows of the others. With `crowdPeriod`,
  /// the time that the origin needs for all of them, it is what is left of that, 30 s at least. A value that lives, and
  /// `Retry-After`, bound it as they bound `backoff`.
  static func throttlePause(
    throttles: Int, waited: Milliseconds, remaining: Milliseconds?, retryAfter: Int?, crowdPeriod: Milliseconds,
    jitter: Jitter
  ) -> Milliseconds {
    let ceiling = firstThrottlePause << Milliseconds(2 * min(max(throttles, 1) - 1, 16))
    let window =
      if crowdPeriod > 0 {
        max(shortestHintedWindow, crowdPeriod > waited ? crowdPeriod - waited : waited / 16)
      } else {
        max(shortestWindow, waited / 16)
      }
    let limit = max(firstBackoff, min(ceiling, window, remaining.map { $0 / 4 } ?? .max))
    return max(jitter.upTo(limit), asked(retryAfter))
  }

  private static let firstThrottlePause: Milliseconds = 4_000
  private static let shortestWindow: Milliseconds = 60_000
  private static let shortestHintedWindow: Milliseconds = 30_000

  /// What the origin asks for with `Retry-After`, up to the longest pause.
  private static func asked(_ retryAfter: Int?) -> Milliseconds {
    Milliseconds(min(max(retryAfter ?? 0, 0), 60)) * 1_000
  }

  /// The pause of a warm key whose access was taken away: someone must mend that first.
  static func pauseAfterRejection(jitter: Jitter) -> Milliseconds {
    longestBackoff - jitter.upTo(longestBackoff / 10)
  }
}
