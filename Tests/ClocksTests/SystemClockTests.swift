import Clocks
import Testing

struct SystemClockTests {
  @Test func `a sleep ends once the boot clock is there, not before`() async throws {
    let clock = try SystemClock()
    let due = clock.now.boot + 20
    try await clock.sleep(untilBoot: due)
    #expect(clock.now.boot >= due)
  }

  @Test(arguments: [Int64.min, -1, 0, 1])
  func `a sleep until a time gone by ends at once`(due: Int64) async throws {
    try await SystemClock().sleep(untilBoot: due)
  }

  @Test func `who sleeps shortly is not held up by who sleeps long`() async throws {
    let clock = try SystemClock()
    let long = Task { try await clock.sleep(untilBoot: .max) }
    for step in Int64(1)...5 { try await clock.sleep(untilBoot: clock.now.boot + step) }
    long.cancel()
    await #expect(throws: CancellationError.self) { try await long.value }
  }

  @Test func `who is cancelled before sleeping does not sleep`() async throws {
    let clock = try SystemClock()
    let task = Task {
      withUnsafeCurrentTask { unsafe $0?.cancel() }
      try await clock.sleep(untilBoot: .max)
    }
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func `the wall clock tells the time since the epoch`() throws {
    let clock = try SystemClock()
    #expect(clock.now.wall > 1_700_000_000_000)
    #expect(clock.now.boot > 0)
  }
}
