import Testing

@testable import RefreshingCache

/// What a cache does while the origin throttles it.
struct ThrottlingTests {
  let key = TestKey.instance("sales")
  var cache = DrivenCache(jitter: .most)

  @Test mutating func `a caller whose deadline is after the pause is answered by the next fetch`() {
    let caller = cache.ask(key)
    cache.fail(key, .throttled())
    #expect(cache.takeActions().reply(to: caller) == nil)
    cache.pass(3.9)
    #expect(cache.takeFetches() == [])
    cache.pass(0.1)
    #expect(cache.takeFetches() == [.miss])
    cache.succeed(key, lifetime: 900)
    #expect(cache.takeActions().reply(to: caller) == .success("token"))
  }

  @Test mutating func `who comes during the pause starts no fetch, and learns when it ends if that is too late`() {
    cache.ask(key)
    for _ in 0..<3 {
      cache.fail(key, .throttled())
      cache.pass(60)
    }
    _ = cache.takeActions()
    // The third pause is 60 s, and a second is over: beyond the 30 s that a request waits.
    cache = DrivenCache(jitter: .most)
    cache.ask(key)
    cache.fail(key, .throttled(retryAfter: 60))
    cache.pass(1.5)
    _ = cache.takeActions()
    let late = cache.ask(key)
    let actions = cache.takeActions()
    #expect(actions.reply(to: late) == .failure(.source(.throttled(retryAfter: 59))))
    #expect(actions.fetchedKeys.isEmpty)
  }

  @Test mutating func `forgetting, and asking again and again, start no fetch during the pause`() {
    cache.ask(key)
    cache.fail(key, .throttled(retryAfter: 40))
    _ = cache.takeActions()
    for _ in 0..<39 {
      cache.forget(key)
      cache.ask(key)
      cache.setWarm([key])
      cache.pass(1)
      #expect(cache.takeFetches() == [])
    }
  }

  @Test mutating func `who waits and goes away, or waits too long, leaves nothing behind`() {
    let gone = cache.ask(key)
    cache.fail(key, .throttled())
    cache.leave(key, gone)
    cache.pass(3600)
    #expect(cache.keys.isEmpty)
    #expect(cache.takeActions().reply(to: gone) == nil)
  }

  @Test mutating func `a live value is served during the pause, whatever is asked of it`() {
    cache.hold(key, lifetime: 900)
    let refresh = cache.refresh(key)
    cache.fail(key, .throttled())
    #expect(cache.takeActions().reply(to: refresh) == .failure(.source(.throttled(retryAfter: 4))))
    let another = cache.refresh(key)
    let longer = cache.ask(key, minimumLifetime: 899)
    cache.pass(0.5)
    let longest = cache.ask(key, minimumLifetime: 900)
    let actions = cache.takeActions()
    #expect(actions.reply(to: another) == .failure(.source(.throttled(retryAfter: 4))))
    #expect(actions.reply(to: longer) == .success("token"))
    #expect(actions.reply(to: longest) == .success("token"))
    #expect(actions.fetchedKeys.isEmpty)
  }

  @Test mutating func `another failure than a throttle holds no request back`() {
    cache.ask(key)
    cache.fail(key, .throttled())
    cache.pass(4)
    cache.fail(key, .unreachable)
    _ = cache.takeActions()
    cache.ask(key)
    #expect(cache.takeFetches() == [.miss])
  }

  @Test mutating func `a caller hastens the fetch that the background has begun`() {
    cache.setWarm([key])
    #expect(cache.takeFetches() == [.background])
    cache.ask(key)
    #expect(cache.takeActions().contains { if case .hastenFetch(key) = $0 { true } else { false } })
    cache.succeed(key, lifetime: 900)
    _ = cache.takeActions()
    cache.refresh(key)
    cache.refresh(key)
    #expect(!cache.takeActions().contains { if case .hastenFetch = $0 { true } else { false } })
  }

  @Test mutating func `a warm key for which our own queue was too long keeps its place as the background's`() {
    let caller = cache.ask(key)
    cache.setWarm([key])
    _ = cache.takeActions()
    cache.fail(key, .notAsked)
    cache.pass(0)
    let actions = cache.takeActions()
    #expect(actions.reply(to: caller) == .failure(.source(.notAsked)))
    #expect(actions.fetchedKeys == [key])
  }

  @Test mutating func `a caller of an entry that waits keeps it from being evicted`() {
    cache = DrivenCache(settings: CacheSettings(maximumEntries: 1), jitter: .most)
    let caller = cache.ask(key)
    cache.fail(key, .throttled())
    cache.hold(.instance("one"), lifetime: 900)
    cache.hold(.instance("two"), lifetime: 900)
    cache.pass(4)
    cache.succeed(key, lifetime: 900)
    #expect(cache.takeActions().reply(to: caller) == .success("token"))
  }

  @Test mutating func `another caller's credentials end the pause, and those who wait get that caller's value`() {
    let caller = cache.ask(key)
    cache.fail(key, .throttled())
    cache.erase { _ in true }
    cache.pass(0)
    cache.succeed(key, lifetime: 900, text: "the other's")
    #expect(cache.takeActions().reply(to: caller) == .success("the other's"))
  }

  @Test mutating func `a shutdown tells those who wait`() {
    let caller = cache.ask(key)
    cache.fail(key, .throttled())
    var actions: [Action<TestSource>] = []
    cache.state.shutDown(actions: &actions)
    #expect(actions.reply(to: caller) == .failure(.shuttingDown))
  }

  @Test mutating func `while the quota is scarce the lead is a minute, also of values that are there already`() {
    cache = DrivenCache(jitter: .least)
    cache.hold(key, lifetime: 3600)
    cache.ask(.instance("throttled"))
    cache.fail(.instance("throttled"), .throttled())
    _ = cache.takeActions()
    // Asked for a moment before, since half a life without a request is too long now.
    cache.pass(3500)
    _ = cache.hit(key)
    cache.takeActions().fetchedKeys.forEach { #expect($0 != key) }
    cache.pass(45)
    #expect(cache.takeActions().fetchedKeys.contains(key))
  }
}
