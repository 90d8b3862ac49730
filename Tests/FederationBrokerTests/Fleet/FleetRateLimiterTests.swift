import AWS
import Clocks
import Synchronization
import TestSupport
import Testing

@testable import FederationBroker
@testable import RefreshingCache

/// The order of calls that all daemons of a fleet share.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct FleetRateLimiterTests {
  private static let region = "us-west-2"

  /// Admits at once, and counts.
  private final class OwnLimit: RateLimiting {
    let admitted = Atomic(0)
    let throttles = Atomic(0)

    func admit(region: String, priority: @escaping CallUrgency) async throws(AWSError) {
      admitted.add(1, ordering: .relaxed)
    }
    func throttled(region: String) { throttles.add(1, ordering: .relaxed) }
    func succeeded(region: String) {}
  }

  private struct Bench {
    let clock = ManualClock()
    let store: MemoryFleetStore
    let own = OwnLimit()
    let limit: FleetRateLimiter

    init(rate: Double = 2, sharesTokens: Bool = false) {
      let store = MemoryFleetStore(
        FleetScope(name: "prod", account: "123456789012", rate: rate, burst: 5), clock: clock)
      self.store = store
      limit = FleetRateLimiter(
        own, store: store, clock: clock, requestTimeout: .seconds(30), sharesTokens: sharesTokens, jitter: .least,
        observe: { _ in })
    }

    var admitted: Int { own.admitted.load(ordering: .relaxed) }
  }

  @Test func `calls beyond the burst wait for their places`() async throws {
    let bench = Bench()
    for _ in 0..<4 { try await bench.limit.admit(region: Self.region) { .miss } }
    #expect(bench.admitted == 4)
    let fifth = Task { try await bench.limit.admit(region: Self.region) { .miss } }
    await bench.clock.awaitSleep(untilBoot: bench.clock.now.boot + 500)
    #expect(bench.admitted == 4)
    bench.clock.advance(by: .milliseconds(500))
    try await fifth.value
    #expect(bench.admitted == 5)
  }

  @Test func `a caller is told when the place would come, where that is too far away`() async throws {
    let bench = Bench(rate: 0.1)
    for _ in 0..<4 { try await bench.limit.admit(region: Self.region) { .background } }
    for priority in [CallPriority.forced, .miss] {
      // 10 s are more than a caller waits who has a token, and less than one who has none.
      let limit = bench.limit
      if priority == .miss {
        for wait in [10_000, 20_000] as [Milliseconds] {
          let waiting = Task { try await limit.admit(region: Self.region) { .miss } }
          await bench.clock.awaitSleep(untilBoot: bench.clock.now.boot + wait)
          waiting.cancel()
        }
      }
      let error = await #expect(throws: AWSError.self) { try await limit.admit(region: Self.region) { priority } }
      #expect(error?.reason == .rateLimited)
      #expect(error?.retryAfter == (priority == .forced ? 10 : 30))
    }
  }

  @Test func `a refresh for which no place is near asks again, and at once when a caller waits for it`() async throws {
    let bench = Bench(rate: 0.001)
    for _ in 0..<4 { try await bench.limit.admit(region: Self.region) { .background } }
    let isMiss = Atomic(false)
    let limit = bench.limit
    let refresh = Task {
      try await limit.admit(region: Self.region) { isMiss.load(ordering: .relaxed) ? .miss : .background }
    }
    await bench.clock.awaitSleep(untilBoot: bench.clock.now.boot + 1000)
    #expect(bench.store.steps.count == 5)
    isMiss.store(true, ordering: .relaxed)
    bench.clock.advance(by: .seconds(1))
    let result = await refresh.result
    #expect(throws: AWSError.self) { try result.get() }
    #expect(bench.store.steps.count == 6)
  }

  @Test func `without the store a call is in the daemon's own limit only`() async throws {
    let bench = Bench()
    bench.store.isUp = false
    for _ in 0..<20 { try await bench.limit.admit(region: Self.region) { .miss } }
    #expect(bench.admitted == 20)
  }

  @Test func `the first call of a task that has its place takes no other, and a second one does`() async throws {
    let bench = Bench(sharesTokens: true)
    let limit = bench.limit
    try await FleetPlace.$current.withValue(FleetPlace()) {
      try await limit.admit(region: Self.region) { .miss }
      #expect(bench.store.steps.isEmpty)
      try await limit.admit(region: Self.region) { .miss }
    }
    #expect(bench.store.steps == ["take"])
  }

  @Test func `a throttled call moves the order of all on`() async throws {
    let bench = Bench()
    try await bench.limit.admit(region: Self.region) { .miss }
    bench.limit.throttled(region: Self.region)
    while !bench.store.steps.contains("fail") { await Task.yield() }
    #expect(bench.own.throttles.load(ordering: .relaxed) == 1)
    let next = Task { try await bench.limit.admit(region: Self.region) { .miss } }
    await bench.clock.awaitSleep(untilBoot: bench.clock.now.boot + 1000)
    bench.clock.advance(by: .seconds(1))
    try await next.value
  }
}
