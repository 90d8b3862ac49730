import Testing

@testable import RefreshingCache

struct EvictionTests {
  let first = TestKey.instance("1")
  let second = TestKey.instance("2")
  let third = TestKey.instance("3")
  var cache = DrivenCache(settings: CacheSettings(maximumEntries: 2))

  @Test mutating func `the entry not asked for the longest makes room`() {
    cache.hold(first, lifetime: 3600)
    cache.pass(1)
    cache.hold(second, lifetime: 3600)
    cache.pass(1)
    _ = cache.hit(first)
    cache.pass(1)
    cache.ask(third)
    cache.succeed(third, lifetime: 3600)
    #expect(cache.takeActions().events.contains(.evicted(second)))
    #expect(cache.keys == [first, third])
  }

  @Test mutating func `a failure is put out before any token`() {
    cache.hold(first, lifetime: 3600)
    cache.pass(1)
    cache.ask(second)
    cache.fail(second, .unreachable)
    cache.pass(1)
    cache.hold(third, lifetime: 3600)
    #expect(cache.keys == [first, third])
  }

  @Test mutating func `a warm entry stays, however long ago it was asked for`() {
    cache.setWarm([first])
    cache.succeed(first, lifetime: 3600)
    cache.pass(1)
    cache.hold(second, lifetime: 3600)
    cache.pass(1)
    cache.hold(third, lifetime: 3600)
    #expect(cache.keys == [first, third])
  }

  @Test mutating func `with nothing but warm entries a new token is answered and not kept`() {
    cache.setWarm([first, second])
    cache.succeed(first, lifetime: 3600)
    cache.succeed(second, lifetime: 3600)
    let waiter = cache.ask(third)
    cache.succeed(third, lifetime: 3600)
    #expect(cache.takeActions().reply(to: waiter) == .success("token"))
    #expect(cache.keys == [first, second])
  }

  @Test mutating func `nothing makes room for a fetch before its token comes`() {
    cache.hold(first, lifetime: 3600)
    cache.hold(second, lifetime: 3600)
    cache.ask(third)
    cache.advance()
    #expect(cache.hit(first) != nil)
    #expect(cache.hit(second) != nil)
  }

  @Test mutating func `a lower bound takes effect on what is cached already`() {
    for key in [first, second] {
      cache.hold(key, lifetime: 3600)
      cache.pass(1)
    }
    cache.state.settings.maximumEntries = 1
    cache.advance()
    #expect(cache.keys == [second])
  }

  @Test mutating func `a thousand fetches under way are all finished, and the bound holds after`() {
    let keys = (0..<1000).map { TestKey.instance("\($0)") }
    for key in keys { cache.ask(key) }
    #expect(cache.takeFetches().count == 1000)
    for key in keys { cache.succeed(key, lifetime: 3600) }
    #expect(cache.state.count == 2)
  }
}
