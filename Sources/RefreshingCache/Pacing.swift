internal import Clocks

/// When a key's next fetch may start after those that failed.
///
/// Pure. All times are milliseconds on the boot clock.
struct Pacing<Failure: CacheFailure>: Sendable {
  /// Before this the background does not fetch.
  private(set) var retryAt = Milliseconds.min
  /// Why requests do not fetch before `retryAt` either: the last fetch was throttled.
  private(set) var throttle: Failure?
  private var failures = 0
  /// How many fetches were throttled since the last value, and when the first of them ended.
  private var throttles = 0
  private var throttledSince = Milliseconds.min

  /// A value came, or the key is another caller's now.
  mutating func reset() { self = Pacing() }

  /// A fetch failed, or brought a value that cannot be kept, of which `remaining` is left of the one before.
  mutating func failed(
    retryAfter: Int?, isReachable: Bool, remaining: Milliseconds?, now: Milliseconds, jitter: Jitter
  ) {
    failures += 1
    throttle = nil
    retryAt =
      now
      + RefreshTiming.backoff(
        failures: failures, remaining: remaining, retryAfter: retryAfter, isReachable: isReachable, jitter: jitter)
  }

  /// The origin refused because too many ask.
  mutating func throttled(
    by failure: Failure, remaining: Milliseconds?, now: Milliseconds, crowdPeriod: Milliseconds, jitter: Jitter
  ) {
    if throttles == 0 { throttledSince = now }
    throttles += 1
    throttle = failure
    retryAt =
      now
      + RefreshTiming.throttlePause(
        throttles: throttles, waited: now - throttledSince, remaining: remaining, retryAfter: failure.retryAfter,
        crowdPeriod: crowdPeriod, jitter: jitter)
  }

  /// The origin refused for good.
  mutating func rejected(now: Milliseconds, jitter: Jitter) {
    reset()
    retryAt = now + RefreshTiming.pauseAfterRejection(jitter: jitter)
  }

  /// The value was forgotten on request, which does not shorten a pause that the origin made necessary.
  mutating func forgotten(now: Milliseconds) {
    failures = 0
    retryAt = max(now + RefreshTiming.pauseAfterForgetting, throttle == nil ? .min : retryAt)
  }

  /// The cause of failures may be gone: the background may fetch at once, unless the origin was throttling.
  mutating func resume() { if throttle == nil { retryAt = .min } }
}
