import AWS
import Clocks
import FederationBroker
import RefreshingCache
import Secrets
import Synchronization
import TestSupport
import Testing

/// Counts what happens on several threads.
private final class Counter: Sendable {
  private let total = Atomic<Int>(0)

  @discardableResult
  func count() -> Int { total.add(1, ordering: .sequentiallyConsistent).newValue }

  var value: Int { total.load(ordering: .sequentiallyConsistent) }
}

/// A payload that tells of its end.
private final class Mortal: Sendable {
  private let end: AsyncStream<Void>.Continuation

  init(_ end: AsyncStream<Void>.Continuation) {
    self.end = end
  }

  deinit {
    end.finish()
  }
}

/// What the driver adds to the state: tasks, waiting, the clock.
struct BrokerTests {
  let key = TokenKey.instance("sales")
  let clock = ManualClock(now: start)
  let source = StubTokenSource()

  func makeBroker(
    source: any TokenSource, observe: @escaping @Sendable (BrokerEvent) -> Void = { _ in }
  ) -> Broker<Served> {
    Broker(source: source, clock: clock, jitter: .least, observe: observe) { Served($0) }
  }

  @Test func `a thousand concurrent cold requests make one call and one payload`() async throws {
    let made = Counter()
    let broker = Broker(source: source, clock: clock, jitter: .least) { token in
      made.count()
      return Served(token)
    }
    let answers = await withTaskGroup(of: Served?.self) { group in
      for _ in 0..<1000 {
        group.addTask { try? await broker.token(for: key).payload }
      }
      await source.nextCall()?.succeed(.living(3600, at: start))
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers.count == 1000)
    let first = try #require(answers.first ?? nil)
    #expect(answers.allSatisfy { $0 === first })
    #expect(made.value == 1)
    #expect(source.callCount == 1)
    await broker.shutdown()
  }

  @Test func `a miss is followed by hits`() async throws {
    let broker = makeBroker(source: source)
    #expect(broker.cached(key) == nil)
    async let miss = broker.token(for: key)
    await source.nextCall()?.succeed(.living(3600, at: start, text: "one"))
    #expect(try await !miss.isHit)
    clock.advance(by: .seconds(10))
    let hit = try await broker.token(for: key)
    #expect(hit.isHit)
    #expect(hit.age == 10)
    #expect(broker.cached(key)?.payload.accessToken.exposed == "one")
    #expect(source.callCount == 1)
    await broker.shutdown()
  }

  @Test func `a cancelled caller is told at once, and the fetch goes on for the others`() async throws {
    let broker = makeBroker(source: source)
    async let stays = broker.token(for: key)
    let call = await source.nextCall()
    let goes = Task { () async -> BrokerError? in
      do throws(BrokerError) {
        _ = try await broker.token(for: key)
        return nil
      } catch {
        return error
      }
    }
    goes.cancel()
    #expect(await goes.value == .cancelled)
    call?.succeed(.living(3600, at: start))
    #expect(try await stays.payload.accessToken.exposed == "token")
    await broker.shutdown()
  }

  @Test func `a wait ends by the clock, and what the fetch brings later is kept`() async throws {
    let (events, report) = AsyncStream.makeStream(of: BrokerEvent.self)
    let broker = makeBroker(source: source) { report.yield($0) }
    let late = Task { try await broker.token(for: key) }
    let call = await source.nextCall()
    await clock.awaitSleep(untilBoot: start.boot + 30_000)
    clock.advance(by: .seconds(30))
    await #expect(throws: BrokerError.requestTimedOut) { try await late.value }
    call?.succeed(.living(3600, at: clock.now))
    for await case .fetched in events { break }
    #expect(broker.cached(key) != nil)
    await broker.shutdown()
  }

  @Test func `a fetch older than a request waits holds nobody, and what it brings is dropped`() async throws {
    let broker = makeBroker(source: source)
    let late = Task { try await broker.token(for: key) }
    let call = await source.nextCall()
    await clock.awaitSleep(untilBoot: start.boot + 30_000)
    clock.advance(by: .seconds(30))
    await #expect(throws: BrokerError.requestTimedOut) { try await late.value }
    async let next = broker.token(for: key)
    let other = await source.nextCall()
    call?.succeed(.living(3600, at: clock.now, text: "old"))
    #expect(broker.cached(key) == nil)
    other?.succeed(.living(3600, at: clock.now, text: "new"))
    #expect(try await next.payload.accessToken.exposed == "new")
    #expect(broker.cached(key)?.payload.accessToken.exposed == "new")
    await broker.shutdown()
  }

  @Test func `the scheduler refreshes ahead of expiry, while the old token is served`() async throws {
    let (events, report) = AsyncStream.makeStream(of: BrokerEvent.self)
    let broker = makeBroker(source: source) { report.yield($0) }
    async let first = broker.token(for: key)
    await source.nextCall()?.succeed(.living(600, at: start, text: "old"))
    _ = try await first
    await clock.awaitSleep(untilBoot: start.boot + 400_000)
    clock.advance(by: .seconds(400))
    let call = await source.nextCall()
    #expect(call?.priority == .background)
    #expect(broker.cached(key)?.payload.accessToken.exposed == "old")
    call?.succeed(.living(600, at: clock.now, text: "new"))
    for await case .fetched(_, .background, _, _, _) in events { break }
    #expect(broker.cached(key)?.payload.accessToken.exposed == "new")
    await broker.shutdown()
  }

  @Test func `a key about to lapse is refreshed as soon as someone asks for it`() async throws {
    let broker = makeBroker(source: source)
    async let first = broker.token(for: key)
    await source.nextCall()?.succeed(.living(7200, at: start))
    _ = try await first
    await clock.awaitSleep(untilBoot: start.boot + 6_900_000)
    clock.advance(by: .seconds(6900))
    await clock.awaitSleep(untilBoot: start.boot + 7_200_000)
    #expect(broker.cached(key) != nil)
    let call = await source.nextCall()
    #expect(call?.key == key)
    call?.fail(.unreachable)
    await broker.shutdown()
  }

  @Test func `the scheduler looks at once when the wall clock is set`() async throws {
    let broker = makeBroker(source: source)
    async let first = broker.token(for: key)
    await source.nextCall()?.succeed(.living(600, at: start))
    _ = try await first
    await clock.awaitSleep(untilBoot: start.boot + 400_000)
    clock.setWall(start.wall + 3_600_000)
    #expect(broker.cached(key) == nil)
    let call = await source.nextCall()
    #expect(call?.key == key)
    call?.fail(.unreachable)
    await broker.shutdown()
  }

  @Test func `a warm key is fetched at start, and the broker is ready with it`() async {
    let (events, report) = AsyncStream.makeStream(of: BrokerEvent.self)
    let broker = makeBroker(source: source) { report.yield($0) }
    #expect(broker.missingWarmKeys.isEmpty)
    broker.setWarm([key])
    #expect(broker.missingWarmKeys == [key])
    await source.nextCall()?.succeed(.living(3600, at: start))
    for await case .fetched in events { break }
    #expect(broker.missingWarmKeys.isEmpty)
    #expect(broker.snapshot().map(\.state) == [.live])
    await broker.shutdown()
  }

  @Test func `the caller before is cancelled upstream when the caller changes`() async throws {
    let calls = Counter()
    let source = StubTokenSource { (_, _) async throws(AWSError) in
      let isFirst = calls.count() == 1
      if isFirst { try? await Task.sleep(for: .seconds(3600)) }
      return .living(3600, at: start, text: isFirst ? "the day shift's" : "the night shift's")
    }
    let broker = makeBroker(source: source)
    broker.setWarm([key])
    async let answer = broker.token(for: key)
    await clock.awaitSleep(untilBoot: start.boot + 30_000)
    broker.erase { _ in true }
    #expect(try await answer.payload.accessToken.exposed == "the night shift's")
    await broker.shutdown()
  }

  @Test(.timeLimit(.minutes(10))) func `a forgotten token leaves nothing behind`() async throws {
    let (ends, end) = AsyncStream.makeStream(of: Void.self)
    let broker = Broker(source: source, clock: clock, jitter: .least) { _ in Mortal(end) }
    async let answer = broker.token(for: key).remaining
    await source.nextCall()?.succeed(.living(3600, at: start))
    #expect(try await answer == 3600)
    broker.forget(key)
    for await _ in ends {}
    await broker.shutdown()
  }

  @Test func `a shutdown tells those who wait, ends the fetches, and drops everything`() async throws {
    let source = StubTokenSource { (key, _) async throws(AWSError) in
      if key.instanceID == "held" { return .living(3600, at: start) }
      try? await Task.sleep(for: .seconds(3600))
      throw AWSError(.shuttingDown, "Cancelled.")
    }
    let broker = makeBroker(source: source)
    weak let payload = try await broker.token(for: .instance("held")).payload
    let waiting = Task { try await broker.token(for: key) }
    await clock.awaitSleep(untilBoot: start.boot + 30_000)
    await broker.shutdown()
    await #expect(throws: BrokerError.shuttingDown) { try await waiting.value }
    await #expect(throws: BrokerError.shuttingDown) { try await broker.refresh(key) }
    #expect(payload == nil)
    #expect(broker.snapshot().isEmpty)
  }
}
