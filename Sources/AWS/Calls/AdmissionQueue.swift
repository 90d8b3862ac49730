/// The calls that wait for a place in one region's bucket, and their order: no clock, no task, no lock.
///
/// All times are milliseconds on the boot clock.
struct AdmissionQueue: Sendable {
  struct Ticket: Sendable {
    let id: UInt64
    let priority: CallPriority
    let deadline: Int64
  }

  enum Decision: Sendable, Equatable {
    case admitted(UInt64)
    /// No place came in time; asking again after so many seconds may help.
    case refused(UInt64, retryAfter: Int)
  }

  var bucket: TokenBucket
  /// Higher priorities first, each in the order of arrival.
  private var waiting: [Ticket] = []

  init(bucket: TokenBucket) {
    self.bucket = bucket
  }

  var isEmpty: Bool { waiting.isEmpty }

  mutating func enter(_ ticket: Ticket) {
    let place = waiting.firstIndex { $0.priority < ticket.priority } ?? waiting.endIndex
    waiting.insert(ticket, at: place)
  }

  /// Removes a call whose caller was cancelled.
  mutating func leave(_ id: UInt64) {
    waiting.removeAll { $0.id == id }
  }

  /// Admits the calls that have a place, and refuses those whose deadline has passed.
  mutating func advance(now: Int64) -> [Decision] {
    var decisions: [Decision] = []
    // The waiting callers now keep the bucket empty for so long.
    let retryAfter = seconds(forCalls: waiting.count)
    waiting.removeAll { ticket in
      guard ticket.deadline <= now else { return false }
      decisions.append(.refused(ticket.id, retryAfter: retryAfter))
      return true
    }
    while let first = waiting.first, bucket.take(now: now) {
      waiting.removeFirst()
      decisions.append(.admitted(first.id))
    }
    return decisions
  }

  /// When `advance` has something to do next; `nil` if no call waits.
  func nextDue(now: Int64) -> Int64? {
    guard let deadline = waiting.lazy.map(\.deadline).min() else { return nil }
    return min(deadline, bucket.nextPlace(now: now))
  }

  /// Upstream throttled a call: returns in how many seconds there is a place behind the waiting calls.
  mutating func slowDown(now: Int64) -> Int {
    bucket.slowDown(now: now)
    return seconds(forCalls: waiting.count + 1)
  }

  /// How long an empty bucket takes for so many calls: from 1 to 60 seconds.
  private func seconds(forCalls count: Int) -> Int {
    Int(min(60, max(1, Double(count) / bucket.rate)).rounded(.up))
  }
}
