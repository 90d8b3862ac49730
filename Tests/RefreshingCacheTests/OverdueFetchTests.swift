import Testing

@testable import RefreshingCache

/// Fetches that are older than a caller waits.
struct OverdueFetchTests {
  private let key = TestKey.instance("a")
  private var cache = DrivenCache(settings: CacheSettings(requestTimeout: .seconds(30)))

  /// What the entry does with its fetch after so many seconds, by what happens then.
  private enum Event: String, CaseIterable {
    case request, refresh, forget, erase, reload, warm
  }

  private func cache(after seconds: Double, _ event: Event, waiting: Bool) -> DrivenCache {
    var cache = cache
    if event == .warm { cache.setWarm([key]) } else { cache.ask(key) }
    _ = cache.takeActions()
    cache.pass(1)
    if waiting {
      cache.pass(20)
      cache.ask(key)
      cache.pass(seconds - 21)
    } else {
      cache.pass(seconds - 1)
    }
    _ = cache.takeActions()
    switch event {
    case .request: cache.ask(key)
    case .refresh: cache.refresh(key)
    case .forget: cache.forget(key)
    case .erase: cache.erase { _ in true }
    case .reload, .warm: cache.reload()
    }
    return cache
  }

  @Test(arguments: [Event.request, .refresh, .forget, .erase, .reload, .warm])
  private func `An event starts another fetch for those who wait, once the one under way is overdue`(event: Event) {
    var late = cache(after: 30, event, waiting: true)
    let actions = late.takeActions()
    #expect(actions.contains { if case .abandonFetch = $0 { true } else { false } })
    #expect(actions.fetchedKeys == [key])
    late.succeed(key, lifetime: 3600, text: "new")
    #expect(late.takeActions().reply(to: event == .warm ? 1 : 2) == .success("new"))
    #expect(late.hit(key)?.value == "new")
  }

  @Test(arguments: [Event.request, .refresh, .forget, .erase, .reload, .warm])
  private func `Until then the fetch goes on`(event: Event) {
    var early = cache(after: 29.9, event, waiting: true)
    #expect(early.takeActions().allSatisfy { if case .abandonFetch = $0 { false } else { true } })
  }

  @Test(arguments: [Event.forget, .reload])
  private func `An overdue fetch that nobody waits for ends`(event: Event) {
    var late = cache(after: 45, event, waiting: false)
    let actions = late.takeActions()
    #expect(actions.contains { if case .abandonFetch = $0 { true } else { false } })
    #expect(actions.fetchedKeys.isEmpty)
    #expect(late.keys.isEmpty)
  }

  @Test func `A warm key that was forgotten during an overdue fetch is fetched again`() {
    var cache = cache(after: 45, .warm, waiting: false)
    _ = cache.takeActions()
    cache.pass(31)
    cache.forget(key)
    #expect(cache.takeFetches().isEmpty)
    cache.pass(1)
    #expect(cache.takeFetches() == [.background])
  }

  @Test func `A live value is served while an overdue refresh is replaced`() {
    var cache = cache
    cache.hold(key, lifetime: 3600, text: "old")
    cache.refresh(key)
    cache.pass(31)
    _ = cache.takeActions()
    #expect(cache.hit(key)?.value == "old")
    cache.refresh(key)
    #expect(cache.takeFetches() == [.forced])
    #expect(cache.hit(key)?.value == "old")
  }
}

extension DrivenCache {
  /// What a reload does with the settings in force.
  fileprivate mutating func reload() {
    var position: Int? = 0
    while let start = position {
      var actions: [Action<TestSource>] = []
      let (now, settings) = (now, state.settings)
      position = state.sweep(from: start, now: now) {
        $0.replaceOverdueFlight(now: now, settings: settings, actions: &actions)
      }
      self.actions += actions
    }
  }
}
