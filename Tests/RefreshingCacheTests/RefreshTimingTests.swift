import Testing

@testable import RefreshingCache

struct RefreshTimingTests {
  @Test(arguments: [(3600, 300_000), (600, 200_000), (900, 300_000), (6, 2_000)])
  func `the lead is five minutes, or a third of a shorter life`(seconds: Int64, lead: Int64) {
    #expect(RefreshTiming.lead(lifetime: seconds * 1000, settings: CacheSettings(), jitter: .least) == lead)
  }

  @Test func `chance takes a tenth of the lead at most`() {
    #expect(RefreshTiming.lead(lifetime: 3_600_000, settings: CacheSettings(), jitter: .most) == 270_000)
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
}
