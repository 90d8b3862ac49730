import Clocks
import TestSupport
import Testing

@testable import RefreshingCache

/// Times of an origin and clocks that jump: no sum of them ends the process, and no value outlives its time.
struct HostileNumbersTests {
  private static func moment(using random: inout SeededGenerator) -> Moment {
    // A clock shows the years of a calendar; a boot lasts less than a century.
    Moment(
      wall: Int64.random(in: 0...253_402_300_799_999, using: &random),
      boot: Int64.random(in: 0...3_000_000_000_000, using: &random))
  }

  @Test func `Any time of an origin, at any moment, gives a life that ends`() {
    var random = SeededGenerator(seed: 6)
    for _ in 0..<50_000 {
      let (sent, received, now) = (
        Self.moment(using: &random), Self.moment(using: &random), Self.moment(using: &random)
      )
      let expiry = Expiry(
        expiration: Int64(HostileNumbers.integer(using: &random)),
        originDate: Bool.random(using: &random) ? Int64(HostileNumbers.integer(using: &random)) : nil, sent: sent,
        received: received)
      _ = expiry.remaining(at: now)
    }
  }

  @Test func `A cache lives through any answers, delays, lifetimes and clocks`() {
    var random = SeededGenerator(seed: 7)
    var cache = CacheState<TestSource>(settings: CacheSettings(), jitter: .most)
    var actions: [Action<TestSource>] = []
    for round in 0..<20_000 {
      let now = Self.moment(using: &random)
      let key = TestKey.instance("\(round % 7)")
      let lifetime = HostileNumbers.integer(using: &random).magnitude
      cache.request(
        key, round % 3 == 0 ? .refresh : .value(minimumLifetime: Int(clamping: lifetime)), from: UInt64(round),
        now: now, actions: &actions)
      let result = Fetched(
        "value", expiration: Int64(HostileNumbers.integer(using: &random)),
        originDate: Int64(HostileNumbers.integer(using: &random)), sentAt: Self.moment(using: &random))
      if round % 5 == 0 {
        _ = cache.failed(key, .unreachable, now: now, actions: &actions)
      } else {
        cache.fetched(key, result, now: now, actions: &actions)
      }
      _ = cache.hit(key, minimumLifetime: Int(clamping: lifetime), now: now)
      _ = cache.advance(now: now, actions: &actions)
      _ = cache.nextDue
    }
    #expect(actions.count > 20_000)
  }

  @Test func `A pause after a failure is bounded, whatever is asked for`() {
    var random = SeededGenerator(seed: 8)
    for _ in 0..<20_000 {
      let pause = RefreshTiming.backoff(
        failures: HostileNumbers.integer(using: &random), remaining: Int64(HostileNumbers.integer(using: &random)),
        retryAfter: HostileNumbers.integer(using: &random), jitter: .most)
      #expect(0...60_000 ~= pause)
    }
  }
}
