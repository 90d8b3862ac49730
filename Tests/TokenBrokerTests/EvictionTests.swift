import Testing

@testable import TokenBroker

struct EvictionTests {
  let first = TokenKey.instance("1")
  let second = TokenKey.instance("2")
  let third = TokenKey.instance("3")
  var cache = DrivenCache(settings: BrokerSettings(maximumEntries: 2))

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
    #expect(Set(cache.state.entries.keys) == [first, third])
  }

  @Test mutating func `a failure is put out before any token`() {
    cache.hold(first, lifetime: 3600)
    cache.pass(1)
    cache.ask(second)
    cache.fail(second, .unreachable)
    cache.pass(1)
    cache.hold(third, lifetime: 3600)
    #expect(Set(cache.state.entries.keys) == [first, third])
  }

  @Test mutating func `a warm entry stays, however long ago it was asked for`() {
    cache.setWarm([first])
    cache.succeed(first, lifetime: 3600)
    cache.pass(1)
    cache.hold(second, lifetime: 3600)
    cache.pass(1)
    cache.hold(third, lifetime: 3600)
    #expect(Set(cache.state.entries.keys) == [first, third])
  }

  @Test mutating func `with nothing but warm entries a new token is answered and not kept`() {
    cache.setWarm([first, second])
    cache.succeed(first, lifetime: 3600)
    cache.succeed(second, lifetime: 3600)
    let waiter = cache.ask(third)
    cache.succeed(third, lifetime: 3600)
    #expect(cache.takeActions().reply(to: waiter) == .success("token"))
    #expect(Set(cache.state.entries.keys) == [first, second])
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
    #expect(Set(cache.state.entries.keys) == [second])
  }

  @Test mutating func `a thousand fetches under way are all finished, and the bound holds after`() {
    let keys = (0..<1000).map { TokenKey.instance("\($0)") }
    for key in keys { cache.ask(key) }
    #expect(cache.takeFetches().count == 1000)
    for key in keys { cache.succeed(key, lifetime: 3600) }
    #expect(cache.state.entries.count == 2)
  }
}
