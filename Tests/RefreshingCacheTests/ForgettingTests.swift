import Testing

@testable import RefreshingCache

/// DELETE, callers that change, and keys that come and go with the configuration.
struct ForgettingTests {
  let key = TestKey.instance("sales")
  var cache = DrivenCache()

  @Test mutating func `a forgotten token is gone`() {
    cache.hold(key, lifetime: 3600)
    cache.forget(key)
    #expect(cache.hit(key) == nil)
    #expect(cache.keys.isEmpty)
    #expect(cache.takeActions().events == [.erased(key)])
  }

  @Test mutating func `forgetting what is not there does nothing`() {
    cache.forget(key)
    #expect(cache.keys.isEmpty)
    #expect(cache.takeActions().isEmpty)
  }

  @Test mutating func `what comes after forgetting answers those who wait and is not kept`() {
    let before = cache.ask(key)
    cache.forget(key)
    let after = cache.ask(key)
    #expect(cache.takeFetches() == [.miss])
    cache.succeed(key, lifetime: 3600)
    let actions = cache.takeActions()
    #expect(actions.reply(to: before) == .success("token"))
    #expect(actions.reply(to: after) == .success("token"))
    #expect(cache.hit(key) == nil)
    #expect(cache.keys.isEmpty)
  }

  @Test mutating func `a forgotten warm key is fetched again a second later`() {
    cache.setWarm([key])
    cache.succeed(key, lifetime: 3600)
    cache.forget(key)
    _ = cache.takeActions()
    cache.pass(0.999)
    #expect(cache.takeFetches().isEmpty)
    #expect(cache.state.missingWarmKeys(now: cache.now) == [key])
    cache.pass(0.001)
    #expect(cache.takeFetches() == [.background])
  }

  @Test mutating func `a changed caller's tokens are erased, and others are not`() {
    let other = TestKey.instance("sales", profile: "other")
    cache.hold(key, lifetime: 3600)
    cache.hold(other, lifetime: 3600)
    cache.erase { $0.profile == nil }
    #expect(cache.hit(key) == nil)
    #expect(cache.hit(other) != nil)
  }

  @Test mutating func `a token fetched for the caller before answers nobody: it is fetched again for those who wait`() {
    let waiter = cache.ask(key)
    cache.erase { _ in true }
    var actions = cache.takeActions()
    #expect(actions.contains { if case .cancelFetch = $0 { true } else { false } })

    cache.succeed(key, lifetime: 3600, text: "the day shift's")
    actions = cache.takeActions()
    #expect(actions.reply(to: waiter) == nil)
    #expect(cache.hit(key) == nil)
    #expect(actions.fetchedKeys == [key])

    cache.succeed(key, lifetime: 3600, text: "the night shift's")
    #expect(cache.takeActions().reply(to: waiter) == .success("the night shift's"))
    #expect(cache.hit(key)?.value == "the night shift's")
  }

  @Test mutating func `a fetch for the caller before that fails is made again as well`() {
    let waiter = cache.ask(key)
    cache.erase { _ in true }
    _ = cache.takeActions()
    cache.fail(key, .unreachable)
    let actions = cache.takeActions()
    #expect(actions.reply(to: waiter) == nil)
    #expect(actions.fetchedKeys == [key])
  }

  @Test mutating func `a fetch for the caller before that fails does not count, and rejects nothing of the next one's`()
  {
    cache.ask(key)
    cache.erase { _ in true }
    let counts = cache.state.failed(key, .void, now: cache.now, actions: &cache.actions)
    #expect(!counts)
    cache.erase { _ in false }
    cache.fail(key, .void)
    #expect(cache.takeActions().events.contains(.rejected(key, .miss, .void)))
  }

  @Test mutating func `a fetch for the caller before whom nobody waits for is just dropped`() {
    cache.leave(key, cache.ask(key))
    cache.erase { _ in true }
    _ = cache.takeActions()
    cache.succeed(key, lifetime: 3600)
    #expect(cache.takeFetches().isEmpty)
    #expect(cache.keys.isEmpty)
  }

  @Test mutating func `a warm key is fetched at start, without being asked for`() {
    cache.setWarm([key])
    #expect(cache.takeFetches() == [.background])
    #expect(cache.state.missingWarmKeys(now: cache.now) == [key])
    cache.succeed(key, lifetime: 3600)
    #expect(cache.state.missingWarmKeys(now: cache.now).isEmpty)
    #expect(cache.snapshot(key)?.isWarm == true)
  }

  @Test mutating func `a reload that removes a warm key during its fetch leaves its result to those who wait`() {
    cache.setWarm([key])
    let waiter = cache.ask(key)
    cache.setWarm([])
    cache.succeed(key, lifetime: 3600)
    #expect(cache.takeActions().reply(to: waiter) == .success("token"))
    #expect(cache.keys.isEmpty)
  }

  @Test mutating func `cached tokens survive a reload`() {
    let cold = TestKey.instance("support")
    cache.setWarm([key])
    cache.succeed(key, lifetime: 3600)
    cache.hold(cold, lifetime: 3600)
    cache.setWarm([cold])
    #expect(cache.hit(key) != nil)
    #expect(cache.hit(cold) != nil)
    #expect(cache.takeFetches().isEmpty)
  }

  @Test mutating func `a reload tries a failing warm key at once`() {
    cache.setWarm([key])
    cache.fail(key, .denied)
    _ = cache.takeActions()
    cache.setWarm([key])
    #expect(cache.takeFetches() == [.background])
  }
}
