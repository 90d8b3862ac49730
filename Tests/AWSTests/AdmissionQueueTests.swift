import Synchronization
import Testing

@testable import AWS

struct AdmissionQueueTests {
  var queue = AdmissionQueue(bucket: TokenBucket(rate: 2, burst: 1, now: 0))

  mutating func enter(_ id: UInt64, _ priority: CallPriority = .miss, deadline: Int64 = 10_000) {
    queue.enter(AdmissionQueue.Ticket(id: id, priority: { priority }, deadline: deadline))
  }

  @Test mutating func `places go in the order of arrival`() {
    for id in UInt64(1)...3 { enter(id) }
    #expect(queue.advance(now: 0) == [.admitted(1)])
    #expect(queue.nextDue(now: 0) == 500)
    #expect(queue.advance(now: 500) == [.admitted(2)])
    #expect(queue.advance(now: 1000) == [.admitted(3)])
    #expect(queue.nextDue(now: 1000) == nil)
  }

  @Test mutating func `misses go before the background, and that before forced calls, whenever they come`() {
    enter(1, .forced)
    enter(2, .background)
    enter(3)
    enter(4, .forced)
    enter(5, .background)
    enter(6)
    let order = (0..<6).flatMap { queue.advance(now: $0 * 500) }
    #expect(order == [3, 6, 2, 5, 1, 4].map { .admitted($0) })
  }

  @Test mutating func `a call that becomes urgent while it waits overtakes`() {
    let isUrgent = Atomic(false)
    enter(1, .background)
    queue.enter(
      AdmissionQueue.Ticket(
        id: 2, priority: { isUrgent.load(ordering: .relaxed) ? .miss : .background }, deadline: .max))
    enter(3, .background)
    #expect(queue.advance(now: 0) == [.admitted(1)])
    enter(4, .background)
    isUrgent.store(true, ordering: .relaxed)
    #expect(queue.advance(now: 500) == [.admitted(2)])
  }

  @Test
  mutating func `two hundred background calls keep their places, and the misses among them do not wait for those`() {
    for id in UInt64(1)...200 { enter(id, .background, deadline: .max) }
    enter(1000, deadline: 10_000)
    var admitted: [UInt64] = []
    var now: Int64 = 0
    while let due = queue.nextDue(now: now) {
      now = due
      for decision in queue.advance(now: now) {
        guard case .admitted(let id) = decision else {
          Issue.record("\(decision)")
          continue
        }
        admitted.append(id)
      }
    }
    #expect(admitted == [1000] + Array(1...200))
    #expect(now == 100_000)
  }

  @Test mutating func `a wait ends at its deadline, with a time after which to ask again`() {
    _ = queue.bucket.take(now: 0)
    for id in UInt64(1)...3 { enter(id, deadline: 400) }
    #expect(queue.nextDue(now: 0) == 400)
    #expect(queue.advance(now: 399).isEmpty)
    #expect(queue.advance(now: 400) == [1, 2, 3].map { .refused($0, retryAfter: 2) })
    #expect(queue.isEmpty)
  }

  @Test mutating func `the time after which to ask again is a minute at most`() {
    _ = queue.bucket.take(now: 0)
    for id in UInt64(1)...1000 { enter(id, deadline: 0) }
    #expect(queue.advance(now: 0).first == .refused(1, retryAfter: 60))
  }

  @Test mutating func `who goes away takes no place`() {
    for id in UInt64(1)...3 { enter(id) }
    queue.leave(1)
    #expect(queue.advance(now: 0) == [.admitted(2)])
  }
}
