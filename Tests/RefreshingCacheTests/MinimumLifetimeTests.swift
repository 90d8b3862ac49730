import Testing

@testable import RefreshingCache

struct MinimumLifetimeTests {
  let key = TestKey.instance("sales")
  var cache = DrivenCache()

  init() {
    cache.hold(key, lifetime: 600, text: "old")
  }

  @Test(arguments: [(600, true), (601, false), (Int.max, false), (0, true), (-1, true)])
  mutating func `a cached token is a hit if it has at least so long to live`(seconds: Int, isHit: Bool) {
    #expect((cache.hit(key, minimumLifetime: seconds) != nil) == isHit)
  }

  @Test mutating func `a cached token with less is fetched anew, after those who have none`() {
    let waiter = cache.ask(key, minimumLifetime: 900)
    #expect(cache.takeFetches() == [.forced])
    cache.succeed(key, lifetime: 3600, text: "new")
    #expect(cache.takeActions().reply(to: waiter) == .success("new"))
  }

  @Test mutating func `a new token with less is answered all the same, and not fetched again for five seconds`() {
    let waiter = cache.ask(key, minimumLifetime: 900)
    cache.succeed(key, lifetime: 600, text: "new")
    #expect(cache.takeActions().reply(to: waiter) == .success("new"))

    cache.now = start + 4.999
    #expect(cache.hit(key, minimumLifetime: 900)?.value == "new")
    cache.now = start + 5
    #expect(cache.hit(key, minimumLifetime: 900) == nil)
    cache.ask(key, minimumLifetime: 900)
    #expect(cache.takeFetches() == [.forced])
  }

  @Test mutating func `a fetch that fails leaves the live token to those who wished for more`() {
    let waiter = cache.ask(key, minimumLifetime: 900)
    cache.fail(key, .unreachable)
    #expect(cache.takeActions().reply(to: waiter) == .success("old"))
  }

  @Test mutating func `a fetch that takes too long leaves the live token to those who wished for more`() {
    let wished = cache.ask(key, minimumLifetime: 900)
    let insisted = cache.refresh(key)
    cache.pass(30)
    let actions = cache.takeActions()
    #expect(actions.reply(to: wished) == .success("old"))
    #expect(actions.reply(to: insisted) == .failure(.requestTimedOut))
  }

  @Test mutating func `a rejection takes the live token from those who wished for more as well`() {
    let waiter = cache.ask(key, minimumLifetime: 900)
    cache.fail(key, .denied)
    #expect(cache.takeActions().reply(to: waiter) == .failure(.source(.denied)))
  }
}
