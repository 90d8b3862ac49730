import Clocks
import TestSupport
import Testing

@testable import AWS

private let start = Moment(wall: 1_795_478_400_000, boot: 600_000)

struct RateLimiterTests {
  let clock = ManualClock(now: start)

  @Test func `a burst goes through at once, and the next call when its place comes`() async throws {
    let limiter = RateLimiter(clock: clock)
    for _ in 0..<5 { try await limiter.admit(region: "us-west-2", priority: { .miss }) }
    async let sixth: Void = limiter.admit(region: "us-west-2", priority: { .miss })
    await clock.awaitSleep(untilBoot: start.boot + 500)
    clock.advance(by: .milliseconds(500))
    try await sixth
  }

  @Test func `each region has its own places`() async throws {
    let limiter = RateLimiter(clock: clock, burst: 1)
    try await limiter.admit(region: "us-west-2", priority: { .miss })
    try await limiter.admit(region: "eu-central-1", priority: { .miss })
  }

  @Test func `a call that waits too long is refused, and told when to ask again`() async throws {
    let limiter = RateLimiter(clock: clock, burst: 1, patience: .milliseconds(300))
    try await limiter.admit(region: "us-west-2", priority: { .miss })
    let second = Task { try await limiter.admit(region: "us-west-2", priority: { .miss }) }
    await clock.awaitSleep(untilBoot: start.boot + 300)
    clock.advance(by: .milliseconds(300))
    let error = await #expect(throws: AWSError.self) { try await second.value }
    #expect(error?.reason == .rateLimited)
    #expect(error?.retryAfter == 1)
  }

  @Test func `a throttled region has no burst left, and waits twice as long`() async throws {
    let limiter = RateLimiter(clock: clock)
    try await limiter.admit(region: "us-west-2", priority: { .miss })
    limiter.throttled(region: "us-west-2")
    async let next: Void = limiter.admit(region: "us-west-2", priority: { .miss })
    await clock.awaitSleep(untilBoot: start.boot + 1000)
    clock.advance(by: .seconds(1))
    try await next
  }

  @Test func `answers bring the full rate back`() async throws {
    let limiter = RateLimiter(clock: clock, burst: 1)
    try await limiter.admit(region: "us-west-2", priority: { .miss })
    limiter.throttled(region: "us-west-2")
    for _ in 0..<10 { limiter.succeeded(region: "us-west-2") }
    async let next: Void = limiter.admit(region: "us-west-2", priority: { .miss })
    await clock.awaitSleep(untilBoot: start.boot + 500)
    clock.advance(by: .milliseconds(500))
    try await next
  }

  @Test func `a cancelled call gives its place in the queue away`() async throws {
    let limiter = RateLimiter(clock: clock, burst: 1)
    try await limiter.admit(region: "us-west-2", priority: { .miss })
    let cancelled = Task { try await limiter.admit(region: "us-west-2", priority: { .miss }) }
    await clock.awaitSleep(untilBoot: start.boot + 500)
    cancelled.cancel()
    await #expect(throws: AWSError.self) { try await cancelled.value }
    async let next: Void = limiter.admit(region: "us-west-2", priority: { .miss })
    clock.advance(by: .milliseconds(500))
    try await next
  }

  @Test func `a hundred calls that wait are all let in as time goes by`() async throws {
    let limiter = RateLimiter(clock: clock, patience: .seconds(3600))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<105 {
        group.addTask { try await limiter.admit(region: "us-west-2", priority: { number % 2 == 0 ? .miss : .forced }) }
      }
      for _ in 0..<5 { try await group.next() }
      for place in 1...100 {
        await clock.awaitSleep(untilBoot: start.boot + Int64(place) * 500)
        clock.advance(by: .milliseconds(500))
        try await group.next()
      }
    }
  }
}
