import Testing

@testable import AWS

struct AdmissionQueueTests {
  var queue = AdmissionQueue(bucket: TokenBucket(rate: 2, burst: 1, now: 0))

  mutating func enter(_ id: UInt64, _ priority: CallPriority = .normal, deadline: Int64 = 10_000) {
    queue.enter(AdmissionQueue.Ticket(id: id, priority: priority, deadline: deadline))
  }

  @Test mutating func `places go in the order of arrival`() {
    for id in UInt64(1)...3 { enter(id) }
    #expect(queue.advance(now: 0) == [.admitted(1)])
    #expect(queue.nextDue(now: 0) == 500)
    #expect(queue.advance(now: 500) == [.admitted(2)])
    #expect(queue.advance(now: 1000) == [.admitted(3)])
    #expect(queue.nextDue(now: 1000) == nil)
  }

  @Test mutating func `forced calls yield to all others, whenever these come`() {
    enter(1)
    enter(2, .forced)
    enter(3, .forced)
    enter(4)
    enter(5)
    let order = (0..<5).flatMap { queue.advance(now: $0 * 500) }
    #expect(order == [1, 4, 5, 2, 3].map { .admitted($0) })
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

  @Test mutating func `a throttled call has its place behind those who wait`() {
    #expect(queue.slowDown(now: 0) == 1)
    for id in UInt64(1)...2 { enter(id) }
    #expect(queue.slowDown(now: 1000) == 6)
  }

  @Test mutating func `who goes away takes no place`() {
    for id in UInt64(1)...3 { enter(id) }
    queue.leave(1)
    #expect(queue.advance(now: 0) == [.admitted(2)])
  }
}
