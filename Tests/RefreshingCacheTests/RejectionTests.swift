import Testing

@testable import RefreshingCache

struct RejectionTests {
  let key = TestKey.instance("sales", profile: "day")
  let sibling = TestKey.instance("support", profile: "day")
  let stranger = TestKey.instance("sales", profile: "night")
  var cache = DrivenCache()

  init() {
    for key in [key, sibling, stranger] { cache.hold(key, lifetime: 3600) }
  }

  @Test(arguments: [TestFailure.denied, .void])
  mutating func `a definite rejection erases the key's live value`(failure: TestFailure) {
    cache.refresh(key)
    cache.fail(key, failure)
    #expect(cache.hit(key) == nil)
    #expect(cache.takeActions().events.contains(.rejected(key, .forced, failure)))
    #expect(cache.hit(sibling) != nil)
    #expect(cache.hit(stranger) != nil)
  }

  @Test mutating func `any other failure leaves the live value`() {
    cache.refresh(key)
    cache.fail(key, .unreachable)
    #expect(cache.hit(key) != nil)
  }

  @Test mutating func `a warm key that was rejected is tried again once a minute`() {
    cache.setWarm([key])
    cache.refresh(key)
    cache.fail(key, .denied)
    for _ in 0..<3 {
      _ = cache.takeActions()
      cache.pass(59.999)
      #expect(cache.takeFetches().isEmpty)
      cache.pass(0.001)
      #expect(cache.takeFetches() == [.background])
      cache.fail(key, .denied)
    }
  }

  @Test mutating func `a rejected key that is not warm is left alone, its failure shown for the idle time`() {
    cache.refresh(key)
    cache.fail(key, .denied)
    _ = cache.takeActions()
    cache.pass(3599)
    #expect(cache.snapshot(key)?.lastError == .denied)
    cache.pass(1)
    #expect(cache.snapshot(key) == nil)
    #expect(!cache.takeActions().fetchedKeys.contains(key))
  }
}
