import Synchronization
import TestSupport
import Testing

@testable import RefreshingCache

/// An operation whose calls wait for the test.
private final class Operation: Sendable {
  private let (calls, arrivals) = AsyncStream.makeStream(of: CheckedContinuation<String, Never>.self)
  private let count = Atomic<Int>(0)
  private let cancelled = AsyncStream.makeStream(of: Void.self)

  var callCount: Int { count.load(ordering: .sequentiallyConsistent) }

  func run() async -> String {
    count.add(1, ordering: .sequentiallyConsistent)
    let arrivals = arrivals
    let text = await withCheckedContinuation { _ = arrivals.yield($0) }
    if Task.isCancelled { cancelled.continuation.finish() }
    return text
  }

  func next() async -> CheckedContinuation<String, Never>? {
    var iterator = calls.makeAsyncIterator()
    return await iterator.next()
  }

  /// Returns once a call has ended whose task was cancelled.
  func awaitCancelledCall() async { for await _ in cancelled.stream {} }
}

@Suite(.timeLimit(.minutes(10)))
struct SingleFlightTests {
  private let clock = ManualClock()
  private let flights: SingleFlight<String, String>
  private let operation = Operation()

  init() {
    flights = SingleFlight(clock: clock, patience: 30_000)
  }

  private func value(_ key: String = "a") async -> String? {
    await flights.value(for: key) { [operation] in await operation.run() }
  }

  @Test func `Any number of callers make one call, and the next one after it another`() async {
    await withTaskGroup(of: String?.self) { group in
      for _ in 0..<100 { group.addTask { await value() } }
      let call = await operation.next()
      while group.isEmpty { await Task.yield() }
      call?.resume(returning: "first")
      var values: [String?] = []
      for await value in group { values.append(value) }
      #expect(values.allSatisfy { $0 == "first" })
    }
    #expect(operation.callCount == 1)
    async let second = value()
    await operation.next()?.resume(returning: "second")
    #expect(await second == "second")
  }

  @Test func `Keys do not wait for each other`() async {
    let first = Task { await value("a") }
    let slow = await operation.next()
    async let second = value("b")
    await operation.next()?.resume(returning: "b")
    #expect(await second == "b")
    slow?.resume(returning: "a")
    #expect(await first.value == "a")
  }

  @Test func `A caller who is cancelled gets nothing, and leaves the call to the others`() async {
    let first = Task { await value() }
    let call = await operation.next()
    let second = Task.immediate { await value() }
    first.cancel()
    #expect(await first.value == nil)
    call?.resume(returning: "done")
    #expect(await second.value == "done")
    #expect(operation.callCount == 1)
  }

  @Test func `The last caller who goes away ends the call, whose result is nobody's`() async {
    let alone = Task { await value() }
    let abandoned = await operation.next()
    alone.cancel()
    #expect(await alone.value == nil)
    async let next = value()
    let call = await operation.next()
    abandoned?.resume(returning: "late")
    await operation.awaitCancelledCall()
    call?.resume(returning: "new")
    #expect(await next == "new")
  }

  @Test func `A call that was begun for nobody in particular serves those who come, and outlives them`() async {
    flights.begin("a") { [operation] in await operation.run() }
    flights.begin("a") { [operation] in await operation.run() }
    let call = await operation.next()
    let comes = Task.immediate { await value() }
    let goes = Task.immediate { await value() }
    goes.cancel()
    #expect(await goes.value == nil)
    call?.resume(returning: "done")
    #expect(await comes.value == "done")
    #expect(operation.callCount == 1)
  }

  @Test func `An operation under way for too long holds nobody, and what it brings is dropped`() async {
    async let first = value()
    let stuck = await operation.next()
    clock.advance(by: .seconds(29))
    async let second = value()
    while operation.callCount > 1 { await Task.yield() }
    clock.advance(by: .seconds(1))
    async let third = value()
    let fresh = await operation.next()
    #expect(operation.callCount == 2)
    stuck?.resume(returning: "old")
    await operation.awaitCancelledCall()
    fresh?.resume(returning: "new")
    #expect(await [first, second, third] == ["new", "new", "new"])
  }
}
