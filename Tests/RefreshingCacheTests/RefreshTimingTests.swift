import Testing

@testable import RefreshingCache

struct RefreshTimingTests {
  @Test(arguments: [(3600, 300_000), (600, 200_000), (900, 300_000), (6, 2_000)])
  func `the lead is five minutes, or a third of a shorter life`(seconds: Int64, lead: Int64) {
    #expect(
      RefreshTiming.lead(lifetime: seconds * 1000, isScarce: false, settings: CacheSettings(), jitter: .least) == lead)
  }

  @Test func `chance takes a tenth of the lead at most`() {
    #expect(
      RefreshTiming.lead(lifetime: 3_600_000, isScarce: false, settings: CacheSettings(), jitter: .most) == 270_000)
  }

  @Test(arguments: zip(1...9, [1, 2, 4, 8, 16, 32, 60, 60, 60]))
  func `the pause after a failure doubles from one second to sixty`(failures: Int, seconds: Int64) {
    let longest = RefreshTiming.backoff(failures: failures, remaining: nil, retryAfter: nil, jitter: .most)
    #expect(longest == seconds * 1000)
    #expect(RefreshTiming.backoff(failures: failures, remaining: nil, retryAfter: nil, jitter: .least) == 0)
  }

  @Test(arguments: zip(1...9, [1, 2, 4, 8, 10, 10, 10, 10, 10]))
  func `the pause stays below ten seconds while the origin cannot be reached`(failures: Int, seconds: Int64) {
    let longest = RefreshTiming.backoff(
      failures: failures, remaining: nil, retryAfter: nil, isReachable: false, jitter: .most)
    #expect(longest == seconds * 1000)
  }

  @Test func `a million failures in a row do not overflow the pause`() {
    #expect(RefreshTiming.backoff(failures: .max, remaining: nil, retryAfter: nil, jitter: .most) == 60_000)
  }

  @Test(arguments: [(40_000, 10_000), (4_000, 1_000), (100, 1_000), (-5, 1_000)])
  func `the pause is a quarter of the remaining life at most, and never shorter than the first`(
    remaining: Int64, longest: Int64
  ) {
    #expect(RefreshTiming.backoff(failures: 9, remaining: remaining, retryAfter: nil, jitter: .most) == longest)
  }

  @Test(arguments: [(7, 7_000), (.max, 60_000), (-1, 0)])
  func `Retry-After is honoured up to a minute`(seconds: Int, pause: Int64) {
    #expect(RefreshTiming.backoff(failures: 1, remaining: nil, retryAfter: seconds, jitter: .least) == pause)
  }

  @Test(arguments: [(3600, 60_000), (150, 50_000)])
  func `while the quota is scarce the lead is a minute at most`(seconds: Int64, lead: Int64) {
    let longest = RefreshTiming.lead(
      lifetime: seconds * 1000, isScarce: true, settings: CacheSettings(), jitter: .least)
    #expect(longest == lead)
  }

  static func longestPause(
    throttles: Int, waited: Int64 = 0, remaining: Int64? = nil, retryAfter: Int? = nil, crowd: Int64 = 0,
    jitter: Jitter = .most
  ) -> Int64 {
    RefreshTiming.throttlePause(
      throttles: throttles, waited: waited, remaining: remaining, retryAfter: retryAfter, crowdPeriod: crowd,
      jitter: jitter)
  }

  @Test(arguments: [(1, 4), (2, 16), (3, 60), (4, 60), (.max, 60)])
  func `the pause after a throttled fetch grows fourfold from four seconds to the window`(
    throttles: Int, seconds: Int64
  ) {
    #expect(Self.longestPause(throttles: throttles) == seconds * 1000)
    #expect(Self.longestPause(throttles: throttles, jitter: .least) == 0)
  }

  @Test(arguments: [(0, 0, 60), (960, 0, 60), (1600, 0, 100), (86_400, 0, 5_400)])
  func `without a hint the window is a sixteenth of the wait`(waited: Int64, crowd: Int64, seconds: Int64) {
    #expect(Self.longestPause(throttles: 99, waited: waited * 1000) == seconds * 1000)
  }

  @Test(arguments: [(0, 1250, 1250), (1000, 1250, 250), (1249, 1250, 30), (1250, 1250, 78.125), (3200, 1250, 200)])
  func `with a hint the window is what is left of the time that the crowd takes`(
    waited: Int64, crowd: Int64, seconds: Double
  ) {
    let longest = Self.longestPause(throttles: 99, waited: waited * 1000, crowd: crowd * 1000)
    #expect(longest == Int64(seconds * 1000))
  }

  @Test func `a live value and Retry-After bound the pause`() {
    #expect(Self.longestPause(throttles: 9, remaining: 40_000) == 10_000)
    #expect(Self.longestPause(throttles: 9, remaining: -1) == 1_000)
    #expect(Self.longestPause(throttles: 1, retryAfter: 30) == 30_000)
    #expect(Self.longestPause(throttles: 1, retryAfter: .max) == 60_000)
  }

  @Test func `numbers without bound do not overflow`() {
    let ceiling: Int64 = 4_000 << 32
    #expect(Self.longestPause(throttles: .max, waited: .max, crowd: .max) == ceiling)
    #expect(Self.longestPause(throttles: .max, waited: 0, crowd: .max) == ceiling)
    #expect(Self.longestPause(throttles: .min, waited: .min, retryAfter: .min) == 4_000)
  }
}
