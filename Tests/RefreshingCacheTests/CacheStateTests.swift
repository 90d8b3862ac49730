import Testing

@testable import RefreshingCache

/// Requests, and what they get.
struct CacheStateTests {
  let key = TestKey.instance("sales")
  var cache = DrivenCache()

  @Test mutating func `a miss fetches, and all who come meanwhile share that fetch`() {
    let waiters = (0..<5).map { _ in cache.ask(key) }
    #expect(cache.takeFetches() == [.miss])
    cache.succeed(key, lifetime: 3600, text: "one")
    let actions = cache.takeActions()
    for waiter in waiters { #expect(actions.reply(to: waiter) == .success("one")) }
  }

  @Test mutating func `a hit tells the token's age and what remains, in whole seconds rounded down`() {
    cache.hold(key, lifetime: 3600)
    cache.now = start + 99.7
    let hit = cache.hit(key)
    #expect(hit?.age == 99)
    #expect(hit?.remaining == 3500)
    #expect(hit?.isHit == true)
  }

  @Test mutating func `one key's token never answers for another`() {
    cache.hold(.instance("sales", profile: "day"), lifetime: 3600)
    #expect(cache.hit(.instance("sales", profile: "night")) == nil)
    #expect(cache.hit(key) == nil)
  }

  @Test(arguments: [3600.0, 3600.001, 90_000])
  mutating func `an expired token is never served`(seconds: Double) {
    cache.hold(key, lifetime: 3600)
    cache.now = start + 3599.999
    #expect(cache.hit(key) != nil)
    cache.now = start + seconds
    #expect(cache.hit(key) == nil)
    #expect(cache.state.missingWarmKeys(now: cache.now).isEmpty)
    #expect(cache.snapshot(key)?.state == .empty)
    let waiter = cache.ask(key)
    cache.fail(key, .unreachable)
    #expect(cache.takeActions().reply(to: waiter) == .failure(.source(.unreachable)))
  }

  @Test mutating func `a failure is told to all who wait and is not cached`() {
    let waiters = [cache.ask(key), cache.refresh(key)]
    cache.fail(key, .unreachable)
    var actions = cache.takeActions()
    for waiter in waiters { #expect(actions.reply(to: waiter) == .failure(.source(.unreachable))) }

    let next = cache.ask(key)
    #expect(cache.takeFetches() == [.miss])
    cache.succeed(key, lifetime: 3600, text: "recovered")
    actions = cache.takeActions()
    #expect(actions.reply(to: next) == .success("recovered"))
    #expect(cache.snapshot(key)?.lastError == nil)
  }

  @Test mutating func `a caller that goes away leaves the fetch to the others`() {
    let gone = cache.ask(key)
    let stays = cache.ask(key)
    cache.leave(key, gone)
    cache.succeed(key, lifetime: 3600)
    let actions = cache.takeActions()
    #expect(actions.reply(to: gone) == nil)
    #expect(actions.reply(to: stays) == .success("token"))
  }

  @Test mutating func `a fetch whose callers have all gone is finished and kept`() {
    cache.leave(key, cache.ask(key))
    cache.succeed(key, lifetime: 3600)
    #expect(cache.hit(key) != nil)
  }

  @Test mutating func `a wait ends after the request timeout, and the fetch goes on`() {
    let early = cache.ask(key)
    cache.pass(10)
    let late = cache.ask(key)
    cache.pass(19.999)
    #expect(cache.takeActions().reply(to: early) == nil)
    cache.pass(0.001)
    let actions = cache.takeActions()
    #expect(actions.reply(to: early) == .failure(.requestTimedOut))
    #expect(actions.reply(to: late) == nil)
    cache.succeed(key, lifetime: 3600)
    #expect(cache.takeActions().reply(to: late) == .success("token"))
    #expect(cache.hit(key) != nil)
  }

  @Test(arguments: [4.999, 0, -10, nil])
  mutating func `a token too short-lived, over already, or of unknown life answers those who wait only`(life: Double?) {
    let waiter = cache.ask(key)
    cache.succeed(key, lifetime: life)
    #expect(cache.takeActions().reply(to: waiter) == .success("token"))
    #expect(cache.hit(key) == nil)
    #expect(cache.keys.isEmpty)
  }

  @Test mutating func `a token of five seconds is kept`() {
    cache.hold(key, lifetime: 5)
    #expect(cache.hit(key) != nil)
  }

  @Test mutating func `refresh fetches although a live token is cached`() {
    cache.hold(key, lifetime: 3600, text: "old")
    let waiters = [cache.refresh(key), cache.refresh(key)]
    #expect(cache.takeFetches() == [.forced])
    #expect(cache.hit(key)?.value == "old")
    cache.succeed(key, lifetime: 3600, text: "new")
    let actions = cache.takeActions()
    for waiter in waiters { #expect(actions.reply(to: waiter) == .success("new")) }
    #expect(cache.hit(key)?.value == "new")
  }

  @Test mutating func `a refresh that fails is reported, and the live token stays`() {
    cache.hold(key, lifetime: 3600, text: "old")
    let waiter = cache.refresh(key)
    cache.fail(key, .unreachable)
    #expect(cache.takeActions().reply(to: waiter) == .failure(.source(.unreachable)))
    #expect(cache.hit(key)?.value == "old")
    #expect(cache.snapshot(key)?.lastError == .unreachable)
  }

  @Test mutating func `after a shutdown nothing is left and everyone is told`() {
    cache.hold(.instance("held"), lifetime: 3600)
    let waiter = cache.ask(key)
    var actions: [Action<TestSource>] = []
    cache.state.shutDown(actions: &actions)
    #expect(actions.reply(to: waiter) == .failure(.shuttingDown))
    #expect(cache.keys.isEmpty)
    let late = cache.ask(key)
    #expect(cache.takeActions().reply(to: late) == .failure(.shuttingDown))
    cache.succeed(key, lifetime: 3600)
    cache.setWarm([key])
    #expect(cache.keys.isEmpty)
  }
}
