/// How many calls a region takes, as a bucket that fills at a rate and from which each call takes one.
///
/// The rate adapts as in TCP, and in the spirit of the AWS SDKs' "adaptive" retry mode: halved when upstream throttles,
/// raised by a tenth of the configured rate with each answer, up to the configured rate. (The SDKs follow a cubic curve,
/// which pays at hundreds of calls a second; at two, twice the same step gets as far.)
package struct TokenBucket: Sendable, Equatable {
  /// Calls a second, as configured.
  let configuredRate: Double
  /// Calls at once after a pause.
  let burst: Double
  /// Calls a second at present.
  private(set) var rate: Double
  private var level: Double
  /// Milliseconds on the boot clock.
  private var filledAt: Int64
  private var slowedAt = Int64.min

  /// The rate is not halved below this: botocore's adaptive mode has the same floor.
  private static let slowestRate = 0.5

  /// Starts full at `now`, milliseconds on the boot clock.
  package init(rate: Double, burst: Int, now: Int64) {
    configuredRate = rate
    self.burst = Double(burst)
    self.rate = rate
    level = Double(burst)
    filledAt = now
  }

  /// Takes one call's place, if there is one.
  package mutating func take(now: Int64) -> Bool {
    fill(now: now)
    guard level >= 1 else { return false }
    level -= 1
    return true
  }

  /// When a place will be free, milliseconds on the boot clock.
  func nextPlace(now: Int64) -> Int64 {
    let missing = max(0, 1 - level)
    // No rate is so slow that nobody looks again for a day.
    return max(now, filledAt + Int64(min(missing / rate * 1000, 86_400_000).rounded(.up)))
  }

  /// Upstream throttled: half the rate, and no burst.
  ///
  /// Calls that were under way together are throttled together, which says the same thing once: the rate is halved once a
  /// second at most.
  mutating func slowDown(now: Int64) {
    fill(now: now)
    level = min(level, 0)
    guard slowedAt == .min || now - slowedAt >= 1000 else { return }
    slowedAt = now
    rate = min(rate, max(rate / 2, Self.slowestRate))
  }

  /// Upstream answered.
  mutating func speedUp(now: Int64) {
    fill(now: now)
    rate = min(configuredRate, rate + configuredRate / 10)
  }

  /// Whether a new bucket would be the same.
  package func isFresh(now: Int64) -> Bool {
    var filled = self
    filled.fill(now: now)
    return filled.level == burst && rate == configuredRate
  }

  private mutating func fill(now: Int64) {
    guard now > filledAt else { return }
    level = min(burst, level + Double(now - filledAt) * rate / 1000)
    filledAt = now
  }
}
