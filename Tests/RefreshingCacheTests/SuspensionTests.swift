import Clocks
import TestSupport
import Testing

@testable import RefreshingCache

/// A cache that gives and fetches nothing for a while.
struct SuspensionTests {
  let key = TestKey.instance("sales")
  var cache = DrivenCache()

  @Test mutating func `a cached value is not given while suspended, and is given again afterwards`() {
    cache.hold(key, lifetime: 3600)
    cache.suspend()
    #expect(cache.hit(key) == nil)
    let waiter = cache.ask(key)
    let forced = cache.refresh(key)
    let actions = cache.takeActions()
    #expect(actions.reply(to: waiter) == .failure(.suspended))
    #expect(actions.reply(to: forced) == .failure(.suspended))
    #expect(actions.fetchedKeys.isEmpty)
    cache.resume()
    #expect(cache.hit(key)?.value == "token")
  }

  @Test mutating func `erasing drops the values for good`() {
    cache.hold(key, lifetime: 3600)
    cache.suspend(isErasing: true)
    #expect(cache.takeActions().events == [.erased(key)])
    cache.resume()
    #expect(cache.hit(key) == nil)
  }

  @Test mutating func `those who wait for a fetch are told, and what it brings is dropped`() {
    let waiter = cache.ask(key)
    cache.suspend()
    let actions = cache.takeActions()
    #expect(actions.reply(to: waiter) == .failure(.suspended))
    #expect(actions.contains { if case .abandonFetch(key) = $0 { true } else { false } })
    cache.resume()
    #expect(cache.hit(key) == nil)
    #expect(cache.takeFetches().isEmpty)
  }

  @Test mutating func `a fetch that ends before its entry is suspended gives nobody a value`() {
    let waiter = cache.ask(key)
    _ = cache.takeActions()
    // The driver comes to the entries in steps, with the lock free between them.
    cache.state.suspend()
    cache.succeed(key, lifetime: 3600)
    #expect(cache.takeActions().reply(to: waiter) == .failure(.suspended))
    cache.resume()
    #expect(cache.hit(key) == nil)
  }

  @Test mutating func `a failure that comes then rejects nothing`() {
    cache.hold(key, lifetime: 3600)
    cache.refresh(key)
    cache.state.suspend()
    cache.fail(key, .denied)
    cache.resume()
    #expect(cache.hit(key) != nil)
  }

  @Test mutating func `callers that wait for the end of a throttle are told as well`() {
    cache.ask(key)
    cache.fail(key, .throttled(retryAfter: 5))
    let waiter = cache.ask(key)
    _ = cache.takeActions()
    cache.suspend()
    #expect(cache.takeActions().reply(to: waiter) == .failure(.suspended))
    cache.pass(60)
    #expect(cache.takeFetches().isEmpty)
  }

  @Test mutating func `nothing is refreshed ahead, and values end, while suspended`() {
    cache.setWarm([key])
    cache.succeed(key, lifetime: 900)
    _ = cache.takeActions()
    cache.suspend()
    cache.pass(901)
    let actions = cache.takeActions()
    #expect(actions.fetchedKeys.isEmpty)
    #expect(actions.events == [.lapsed(key)])
    // A scheduler that is told of nothing to do does not spin.
    #expect(cache.state.nextDue > cache.now.boot)
  }

  @Test mutating func `what is due by then is fetched at the end`() {
    let other = TestKey.instance("support")
    cache.setWarm([key])
    cache.succeed(key, lifetime: 900)
    cache.hold(other, lifetime: 900)
    cache.suspend()
    cache.pass(700)
    _ = cache.takeActions()
    cache.resume()
    cache.advance()
    #expect(Set(cache.takeActions().fetchedKeys) == [key, other])
  }

  @Test mutating func `a key that becomes warm meanwhile is fetched at the end`() {
    cache.suspend()
    cache.setWarm([key])
    #expect(cache.takeFetches().isEmpty)
    #expect(cache.state.nextDue == .max)
    cache.resume()
    cache.advance()
    #expect(cache.takeFetches() == [.background])
  }

  @Test func `a fetch under way is cancelled, and its caller answered at once`() async throws {
    let (started, begin) = AsyncStream.makeStream(of: Void.self)
    let (ended, end) = AsyncStream.makeStream(of: Void.self)
    let source = TestSource { (_, _) throws(TestFailure) in
      begin.yield()
      // Nothing else ends it.
      for await _ in AsyncStream<Void>.makeStream().stream {}
      end.yield()
      throw .unreachable
    }
    let cache = RefreshingCache(source: source, clock: ManualClock())
    let answer = Task { try await cache.value(for: key) }
    _ = await started.first { _ in true }
    cache.suspend()
    await #expect(throws: CacheError<TestFailure>.suspended) { _ = try await answer.value }
    _ = await ended.first { _ in true }
    await #expect(throws: CacheError<TestFailure>.suspended) { _ = try await cache.value(for: key) }
    await cache.shutdown()
  }
}
