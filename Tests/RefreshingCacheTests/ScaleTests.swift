import Clocks
import Testing

@testable import RefreshingCache

/// Many entries at once: every rule holds, and no step of the state looks at more than a bounded number of them.
struct ScaleTests {
  private static let keys = (0..<2000).map { TestKey.instance("\($0)") }
  private var cache = DrivenCache(settings: CacheSettings(maximumEntries: 5000))

  init() {
    for key in Self.keys { cache.hold(key, lifetime: 600) }
  }

  @Test mutating func `Entries that are due together are refreshed in several steps`() {
    cache.now = cache.now + 400
    var steps: [Int] = []
    var hasMore = true
    while hasMore {
      hasMore = cache.state.advance(now: cache.now, actions: &cache.actions)
      steps.append(cache.takeFetches().count)
    }
    #expect(steps.reduce(0, +) == Self.keys.count)
    #expect(steps.allSatisfy { $0 <= 256 })
  }

  @Test mutating func `A wall clock set forward ends every value, in several steps`() {
    cache.now.wall += 3_600_000
    var steps = 0
    while cache.state.advance(now: cache.now, actions: &cache.actions) { steps += 1 }
    #expect(steps >= Self.keys.count / 256)
    #expect(cache.takeFetches().count == Self.keys.count)
  }

  @Test mutating func `A wall clock set back moves no deadline of the boot clock`() {
    cache.now.wall -= 3_600_000
    cache.advance()
    cache.pass(399.999)
    #expect(cache.takeFetches().isEmpty)
    cache.pass(0.001)
    #expect(cache.takeFetches().count == Self.keys.count)
  }

  @Test mutating func `A lower bound evicts in several steps, the longest unused first`() {
    cache.state.settings.maximumEntries = 3
    #expect(cache.state.advance(now: cache.now, actions: &cache.actions))
    #expect(cache.state.count == Self.keys.count - 256)
    cache.advance()
    #expect(cache.keys == Set(Self.keys.suffix(3)))
  }

  @Test mutating func `Every entry is seen and can be erased`() {
    #expect(cache.keys == Set(Self.keys))
    cache.erase { _ in true }
    #expect(cache.state.count == 0)
    #expect(cache.state.nextDue == .max)
  }

  @Test mutating func `Values that are being refreshed are not evicted, and those that rest are`() {
    for key in Self.keys.dropLast() { cache.refresh(key) }
    _ = cache.takeActions()
    cache.state.settings.maximumEntries = 10
    cache.advance()
    #expect(cache.takeActions().events == [.evicted(Self.keys[Self.keys.count - 1])])
    #expect(cache.state.count == Self.keys.count - 1)
  }
}
