package import Clocks
internal import Synchronization
internal import System

/// Keeps the calls to each region within what AWS allows an account.
///
/// `AdmissionQueue` decides; this class reads the clock, holds the lock, and keeps one task a region asleep while someone
/// waits there. Its methods may be called from any thread.
package final class RateLimiter: RateLimiting {
  private typealias Outcome = Result<Void, AWSError>

  private struct Region: Sendable {
    var queue: AdmissionQueue
    var waiting: [UInt64: CheckedContinuation<Outcome, Never>] = [:]
    /// Whether a task wakes the waiting calls.
    var isAttended = false
  }

  private let regions = Mutex<[String: Region]>([:])
  private let clock: any MomentClock
  private let rate: Double
  private let burst: Int
  private let patience: Duration
  private let lastTicket = Atomic<UInt64>(0)

  /// Starts with full buckets.
  ///
  /// - Parameters:
  ///   - clock: The clock by which the buckets fill.
  ///   - rate: Calls a second in a region, over 0. Connect's published quota is 2, with a burst of 5
  ///     (https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-service-limits.html).
  ///   - burst: Calls at once after a pause, 1 or more.
  ///   - patience: How long a call that someone waits for waits for its place. It is less than a request's timeout, so
  ///     that a caller learns why.
  package init(clock: any MomentClock, rate: Double = 2, burst: Int = 5, patience: Duration = .seconds(10)) {
    self.clock = clock
    self.rate = rate
    self.burst = burst
    self.patience = patience
  }

  package func admit(region: String, priority: @escaping CallUrgency) async throws(AWSError) {
    let id = lastTicket.add(1, ordering: .relaxed).newValue
    let outcome = await withCancellableContinuation { continuation in
      enter(region, id: id, priority: priority, continuation)
    } onCancel: {
      leave(region, id: id)
    }
    try outcome.get()
  }

  package func throttled(region: String) {
    let now = clock.now.boot
    regions.withLock { $0[region]?.queue.bucket.slowDown(now: now) }
  }

  package func succeeded(region: String) {
    let now = clock.now.boot
    regions.withLock { $0[region]?.queue.bucket.speedUp(now: now) }
  }

  private func enter(
    _ name: String, id: UInt64, priority: @escaping CallUrgency,
    _ continuation: CheckedContinuation<Outcome, Never>
  ) {
    let now = clock.now.boot
    let deadline = priority() == .background ? .max : now + patience.milliseconds
    regions.withLock { regions in
      if regions[name] == nil { makeRoom(in: &regions, now: now) }
      var region =
        regions.removeValue(forKey: name)
        ?? Region(queue: AdmissionQueue(bucket: TokenBucket(rate: rate, burst: burst, now: now)))
      region.queue.enter(AdmissionQueue.Ticket(id: id, priority: priority, deadline: deadline))
      region.waiting[id] = continuation
      regions[name] = region
    }
    advance(name)
  }

  /// A region's name comes from a caller's ARN, so that there may be many: those at rest are dropped.
  private func makeRoom(in regions: inout [String: Region], now: Int64) {
    for (name, region) in regions where !region.isAttended && region.queue.bucket.isFresh(now: now) {
      regions[name] = nil
    }
  }

  private func leave(_ region: String, id: UInt64) {
    let continuation = regions.withLock { regions in
      regions[region]?.queue.leave(id)
      return regions[region]?.waiting.removeValue(forKey: id)
    }
    let error = AWSError(.rateLimited, "The caller went away before there was a place for its call.")
    continuation?.resume(returning: .failure(error))
  }

  /// Admits the calls that have a place, and starts a task that comes back for the others.
  private func advance(_ name: String) {
    let now = clock.now.boot
    var decided: [(CheckedContinuation<Outcome, Never>, Outcome)] = []
    regions.withLock { regions in
      guard var region = regions.removeValue(forKey: name) else { return }
      for decision in region.queue.advance(now: now) {
        let (id, outcome): (UInt64, Outcome) =
          switch decision {
          case .admitted(let id): (id, .success(()))
          case .refused(let id, let retryAfter): (id, .failure(.rateLimited(region: name, retryAfter: retryAfter)))
          }
        if let waiter = region.waiting.removeValue(forKey: id) { decided.append((waiter, outcome)) }
      }
      if !region.isAttended, let due = region.queue.nextDue(now: now) {
        region.isAttended = true
        Task(executorPreference: TaskPool.shared) { [self] in await attend(name, at: due) }
      }
      regions[name] = region
    }
    for (waiter, outcome) in decided { waiter.resume(returning: outcome) }
  }

  private func attend(_ name: String, at due: Int64) async {
    try? await clock.sleep(untilBoot: due)
    regions.withLock { $0[name]?.isAttended = false }
    advance(name)
  }
}

extension AWSError {
  fileprivate static func rateLimited(region: String, retryAfter: Int) -> AWSError {
    AWSError(
      .rateLimited, "Too many calls to \(region) are waiting already: AWS limits them for the whole account.",
      retryAfter: retryAfter)
  }
}
