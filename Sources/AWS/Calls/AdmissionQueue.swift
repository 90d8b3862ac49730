/// The calls that wait for a place in one region's bucket, and their order: no clock, no task, no lock.
///
/// All times are milliseconds on the boot clock.
struct AdmissionQueue: Sendable {
  struct Ticket: Sendable {
    let id: UInt64
    let priority: CallUrgency
    /// `.max` for a call that keeps its place until it comes.
    let deadline: Int64
  }

  enum Decision: Sendable, Equatable {
    case admitted(UInt64)
    /// No place came in time; asking again after so many seconds may help.
    case refused(UInt64, retryAfter: Int)
  }

  var bucket: TokenBucket
  /// In the order of arrival.
  private var waiting: [Ticket] = []

  init(bucket: TokenBucket) {
    self.bucket = bucket
  }

  var isEmpty: Bool { waiting.isEmpty }

  mutating func enter(_ ticket: Ticket) {
    waiting.append(ticket)
  }

  /// Removes a call whose caller was cancelled.
  mutating func leave(_ id: UInt64) {
    waiting.removeAll { $0.id == id }
  }

  /// Admits the calls that have a place, and refuses those whose deadline has passed.
  mutating func advance(now: Int64) -> [Decision] {
    var decisions: [Decision] = []
    if waiting.contains(where: { $0.deadline <= now }) {
      // Those who wait ahead of a new miss, which yields to other misses only.
      let retryAfter = seconds(forCalls: waiting.count { $0.priority() == .miss })
      waiting.removeAll { ticket in
        guard ticket.deadline <= now else { return false }
        decisions.append(.refused(ticket.id, retryAfter: retryAfter))
        return true
      }
    }
    while let next = mostUrgent, bucket.take(now: now) {
      decisions.append(.admitted(waiting.remove(at: next).id))
    }
    return decisions
  }

  /// When `advance` has something to do next; `nil` if no call waits.
  func nextDue(now: Int64) -> Int64? {
    guard let deadline = waiting.lazy.map(\.deadline).min() else { return nil }
    return min(deadline, bucket.nextPlace(now: now))
  }

  /// The first of those with the highest priority.
  ///
  /// Looks at all who wait, since priorities rise: at the few calls a second that a quota allows, that costs nothing.
  private var mostUrgent: Int? {
    guard var best = waiting.indices.first else { return nil }
    var priority = waiting[best].priority()
    for index in waiting.indices.dropFirst() where priority < .miss {
      let other = waiting[index].priority()
      if other > priority { (best, priority) = (index, other) }
    }
    return best
  }

  /// How long an empty bucket takes for so many calls: from 1 to 60 seconds.
  private func seconds(forCalls count: Int) -> Int {
    Int(min(60, max(1, Double(count) / bucket.rate)).rounded(.up))
  }
}
