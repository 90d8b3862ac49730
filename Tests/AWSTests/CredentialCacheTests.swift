import Clocks
import Secrets
import Synchronization
import TestSupport
import Testing

@testable import AWS

/// A source whose calls wait for the test, one after the other.
private final class Source: Sendable {
  private let (calls, arrivals) = AsyncStream.makeStream(of: Call.self)
  private let count = Atomic<Int>(0)

  struct Call: Sendable {
    private let continuation: CheckedContinuation<Result<AWSCredentials?, AWSError>, Never>

    init(_ continuation: CheckedContinuation<Result<AWSCredentials?, AWSError>, Never>) {
      self.continuation = continuation
    }

    func give(_ name: String, until expiration: Int64?) {
      continuation.resume(
        returning: .success(
          AWSCredentials(
            accessKeyID: name, secretAccessKey: Secret(name), sessionToken: nil, expiration: expiration, source: "test")
        ))
    }

    func fail(_ reason: AWSError.Reason) {
      continuation.resume(returning: .failure(AWSError(reason, "scripted")))
    }
  }

  var callCount: Int { count.load(ordering: .sequentiallyConsistent) }

  func fetch() async throws(AWSError) -> AWSCredentials? {
    count.add(1, ordering: .sequentiallyConsistent)
    let arrivals = arrivals
    return try await withCheckedContinuation { _ = arrivals.yield(Call($0)) }.get()
  }

  /// The next call, in the order of their coming; for one task at a time.
  func next() async throws -> Call {
    var iterator = calls.makeAsyncIterator()
    return try #require(await iterator.next())
  }
}

@Suite(.timeLimit(.minutes(10)))
struct CredentialCacheTests {
  private let clock = ManualClock()
  private let source = Source()
  private let cache: CredentialCache
  private let key = CredentialCache.Key(["a"])

  init() { cache = CredentialCache(clock: clock, capacity: 3) }

  private func name(_ key: CredentialCache.Key? = nil) async throws -> String? {
    try await cache.credentials(for: key ?? self.key) { [source] () async throws(AWSError) in
      try await source.fetch()
    }?.accessKeyID
  }

  private func hold(_ name: String, for duration: Int64?) async throws {
    async let held = self.name()
    try await source.next().give(name, until: duration.map { clock.now.wall + $0 })
    #expect(try await held == name)
  }

  @Test func `Any number of callers make one call, and what it gives is held`() async throws {
    try await withThrowingTaskGroup(of: String?.self) { group in
      for _ in 0..<100 { group.addTask { try await name() } }
      try await source.next().give("A", until: clock.now.wall + 3_600_000)
      for try await name in group { #expect(name == "A") }
    }
    #expect(try await name() == "A")
    #expect(source.callCount == 1)
  }

  @Test func `A failure is told to all who wait, and not kept`() async throws {
    let failed = Task { try await name() }
    try await source.next().fail(.timedOut)
    await #expect(throws: AWSError(.timedOut, "scripted")) { try await failed.value }
    try await hold("A", for: nil)
  }

  @Test(arguments: [(Int64(3_600_000), Int64(300_000)), (600_000, 90_000)])
  func `Near their end they are used while others are fetched`(lifetime: Int64, lead: Int64) async throws {
    try await hold("A", for: lifetime)
    clock.advance(by: .milliseconds(lifetime - lead - 1))
    #expect(try await name() == "A")
    #expect(source.callCount == 1)
    clock.advance(by: .milliseconds(1))
    #expect(try await name() == "A")
    let renewal = try await source.next()
    // One renewal at a time.
    #expect(try await name() == "A")
    #expect(source.callCount == 2)
    renewal.give("B", until: clock.now.wall + lifetime)
    while try await name() != "B" { await Task.yield() }
    #expect(source.callCount == 2)
  }

  @Test func `Once their life is over they are not used, whatever the wall clock is set to`() async throws {
    try await hold("A", for: 3_600_000)
    clock.advance(by: .seconds(3590))
    #expect(try await name() == "A")
    let renewal = try await source.next()
    clock.advance(by: .seconds(20))
    clock.setWall(clock.now.wall - 7_200_000)
    let expired = Task.immediate { try await name() }
    renewal.fail(.unreachable)
    await #expect(throws: AWSError(.unreachable, "scripted")) { try await expired.value }
  }

  @Test func `After a file changed nobody gets them before the source was asked again`() async throws {
    try await hold("A", for: 3_600_000)
    cache.doubt()
    let later = Task { try await name() }
    try await source.next().give("B", until: nil)
    #expect(try await later.value == "B")
  }

  @Test func `What was asked before the change does not answer for after it`() async throws {
    async let early = name()
    let call = try await source.next()
    cache.doubt()
    call.give("A", until: nil)
    try await source.next().give("B", until: nil)
    #expect(try await early == "B")
  }

  @Test(arguments: [
    (AWSError.Reason.noCredentials, false), (.timedOut, true), (.service(status: 503, code: "503"), true),
  ])
  func `After a change a definite no is a log-out, and trouble is not`(
    reason: AWSError.Reason, survives: Bool
  ) async throws {
    try await hold("A", for: 3_600_000)
    cache.doubt()
    let outcome = Task { try await name() }
    try await source.next().fail(reason)
    if survives {
      #expect(try await outcome.value == "A")
    } else {
      await #expect(throws: AWSError(reason, "scripted")) { try await outcome.value }
    }
  }

  @Test func `What AWS called too old is given to nobody`() async throws {
    try await hold("A", for: 3_600_000)
    cache.refuse(AWSCredentials(accessKeyID: "other", secretAccessKey: Secret("x"), source: ""))
    #expect(try await name() == "A")
    let held = try await cache.credentials(for: key) { () async throws(AWSError) in nil }
    cache.refuse(try #require(held))
    let later = Task { try await name() }
    try await source.next().fail(.timedOut)
    await #expect(throws: AWSError(.timedOut, "scripted")) { try await later.value }
  }

  @Test func `What AWS called too old is refused under each key, until a source gives it again`() async throws {
    let other = CredentialCache.Key(["other"])
    for key in [key, other] {
      let caller = Task { try await name(key) }
      try await source.next().give("A", until: nil)
      #expect(try await caller.value == "A")
    }
    let held = try await cache.credentials(for: key) { () async throws(AWSError) in nil }
    cache.refuse(try #require(held))
    let refused = Task { try await name(other) }
    try await source.next().fail(.timedOut)
    await #expect(throws: AWSError(.timedOut, "scripted")) { try await refused.value }
    let again = Task { try await name() }
    try await source.next().give("A", until: nil)
    #expect(try await again.value == "A")
    #expect(try await name() == "A")
  }

  @Test func `A caller who goes away leaves the call to the others; the last one ends it`() async throws {
    let first = Task { try await name() }
    let call = try await source.next()
    let second = Task.immediate { try await name() }
    first.cancel()
    await #expect(throws: AWSError.self) { try await first.value }
    call.give("A", until: nil)
    #expect(try await second.value == "A")

    let other = CredentialCache.Key(["b"])
    let alone = Task { try await name(other) }
    let abandoned = try await source.next()
    alone.cancel()
    await #expect(throws: AWSError.self) { try await alone.value }
    abandoned.give("late", until: nil)
    async let again = name(other)
    try await source.next().give("new", until: nil)
    #expect(try await again == "new")
  }

  @Test func `No more are held than allowed, and the least recently used go first`() async throws {
    for name in ["a", "b", "c", "d"] {
      async let held = self.name(.init([name]))
      try await source.next().give(name, until: nil)
      #expect(try await held == name)
      clock.advance(by: .seconds(1))
      if name == "c" { #expect(try await self.name(.init(["a"])) == "a") }
      clock.advance(by: .seconds(1))
    }
    #expect(try await name(.init(["a"])) == "a")
    #expect(try await name(.init(["c"])) == "c")
    async let again = name(.init(["b"]))
    try await source.next().give("b2", until: nil)
    #expect(try await again == "b2")
  }
}
