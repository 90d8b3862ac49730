import Clocks
import Testing

@testable import RefreshingCache

struct RefreshAheadTests {
  let key = TestKey.instance("sales")
  var cache = DrivenCache()

  @Test mutating func `a key in use is refreshed at its expiry less the lead`() {
    cache.hold(key, lifetime: 1800, text: "old")
    cache.pass(1499.999)
    #expect(cache.takeFetches().isEmpty)
    cache.pass(0.001)
    #expect(cache.takeFetches() == [.background])
    #expect(cache.hit(key)?.value == "old")
    cache.succeed(key, lifetime: 1800, text: "new")
    #expect(cache.hit(key)?.value == "new")
  }

  @Test mutating func `a key in use is refreshed again and again`() {
    cache.hold(key, lifetime: 600)
    for _ in 0..<10 {
      cache.pass(400)
      #expect(cache.takeFetches() == [.background])
      #expect(cache.hit(key) != nil)
      cache.succeed(key, lifetime: 600)
    }
  }

  @Test mutating func `the time a fetch waited before its last attempt is no part of the token's life`() {
    for (sentAt, remaining) in [(cache.now + 30, 19), (nil, nil)] as [(Moment?, Int?)] {
      cache.forget(key)
      cache.ask(key)
      // Retries, or the rate limit.
      cache.pass(30)
      let result = Fetched("token", expiration: cache.now.wall + 20_000, originDate: cache.now.wall, sentAt: sentAt)
      cache.state.fetched(key, result, now: cache.now + 0.5, actions: &cache.actions)
      #expect(cache.hit(key)?.remaining == remaining)
    }
  }

  @Test mutating func `a key not asked for within the idle time lapses and is erased`() {
    cache.hold(key, lifetime: 2 * 3600)
    cache.pass(2 * 3600 - 0.001)
    #expect(cache.takeFetches().isEmpty)
    cache.pass(0.001)
    #expect(cache.takeActions().events == [.lapsed(key)])
    #expect(cache.keys.isEmpty)
  }

  @Test mutating func `a warm key is refreshed although nobody asks`() {
    cache.setWarm([key])
    cache.succeed(key, lifetime: 12 * 3600)
    _ = cache.takeActions()
    cache.pass(12 * 3600 - 300)
    #expect(cache.takeFetches() == [.background])
  }

  @Test mutating func `a key about to lapse is refreshed if someone asks for it after all`() {
    cache.hold(key, lifetime: 2 * 3600)
    cache.pass(2 * 3600 - 200)
    let hit = cache.state.hit(key, minimumLifetime: 0, now: cache.now)
    #expect(hit?.wakes == true)
    cache.advance()
    #expect(cache.takeFetches() == [.background])
    cache.fail(key, .unreachable)
    #expect(cache.state.nextDue == cache.now.boot)
  }

  @Test mutating func `an ordinary hit does not wake the scheduler`() {
    cache.hold(key, lifetime: 3600)
    let hit = cache.state.hit(key, minimumLifetime: 0, now: cache.now)
    #expect(hit?.wakes == false)
  }

  @Test mutating func `while refreshes fail the old token is served to its end, and several are tried`() {
    cache = DrivenCache(jitter: .most)
    cache.hold(key, lifetime: 30)
    cache.pass(21)
    var attempts = 0
    while cache.hit(key) != nil {
      attempts += cache.takeFetches().count
      if cache.snapshot(key)?.state == .refreshing { cache.fail(key, .unreachable) }
      cache.pass(0.1)
    }
    #expect((5...15).contains(attempts))
    #expect(cache.now == start + 30)
  }

  @Test mutating func `a warm key without a token is tried again with growing pauses`() {
    cache = DrivenCache(jitter: .most)
    cache.setWarm([key])
    #expect(cache.takeFetches() == [.background])
    for pause in [1.0, 2, 4, 8, 16, 32, 60, 60] {
      cache.fail(key, .unreachable)
      cache.pass(pause - 0.001)
      #expect(cache.takeFetches().isEmpty)
      cache.pass(0.001)
      #expect(cache.takeFetches() == [.background])
    }
    cache.succeed(key, lifetime: 3600)
    #expect(cache.state.missingWarmKeys(now: cache.now).isEmpty)
  }

  @Test mutating func `pauses start small again after a success`() {
    cache = DrivenCache(jitter: .most)
    cache.setWarm([key])
    for _ in 0..<5 {
      cache.fail(key, .unreachable)
      cache.pass(60)
    }
    cache.succeed(key, lifetime: 3600)
    cache.pass(3400)
    _ = cache.takeActions()
    cache.fail(key, .unreachable)
    cache.pass(1)
    #expect(cache.takeFetches() == [.background])
  }

  @Test mutating func `a request does not wait for the pause of a warm key`() {
    cache.setWarm([key])
    cache.fail(key, .denied)
    _ = cache.takeActions()
    cache.ask(key)
    #expect(cache.takeFetches() == [.miss])
  }

  @Test(arguments: [nil, 1.0])
  mutating func `a warm key whose tokens cannot be kept is not fetched in a circle`(life: Double?) {
    cache = DrivenCache(jitter: .most)
    cache.setWarm([key])
    cache.succeed(key, lifetime: life)
    _ = cache.takeActions()
    cache.pass(0.999)
    #expect(cache.takeFetches().isEmpty)
    cache.pass(0.001)
    #expect(cache.takeFetches() == [.background])
  }

  @Test mutating func `a key in use that slept past its expiry is fetched at once on waking`() {
    cache.hold(key, lifetime: 600)
    cache.now = start + 1200
    cache.advance()
    #expect(cache.hit(key) == nil)
    #expect(cache.takeFetches() == [.background])
  }

  @Test mutating func `a wall clock set forward ends the token and fetches the next at once`() {
    cache.hold(key, lifetime: 600)
    cache.now.wall += 3_600_000
    #expect(cache.hit(key) == nil)
    cache.advance()
    #expect(cache.takeFetches() == [.background])
  }

  @Test mutating func `a wall clock set back changes nothing`() {
    cache.hold(key, lifetime: 600)
    cache.now.wall -= 3_600_000
    cache.pass(399.999)
    #expect(cache.takeFetches().isEmpty)
    cache.pass(0.001)
    #expect(cache.takeFetches() == [.background])
    cache.pass(200)
    #expect(cache.hit(key) == nil)
  }
}
