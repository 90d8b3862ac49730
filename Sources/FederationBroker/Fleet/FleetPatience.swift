internal import AWS
internal import Clocks

/// How long a call waits for its place in the fleet's order.
///
/// Pure but for `pause`. Callers without a live token go before refreshes, and those before callers who insist although a
/// live token is there: each of them is content with a place that is further away.
struct FleetPatience: Sendable {
  let clock: any MomentClock
  /// How long a caller waits for a token, in milliseconds.
  let requestTimeout: Milliseconds

  static let longestBackgroundWait: Milliseconds = 600_000
  private static let longestForcedWait: Milliseconds = 5_000

  /// Returns how far away a place may be, in milliseconds.
  ///
  /// - Parameter remaining: What is left of the live token; `nil` where there is none, or nobody knows.
  func longestWait(_ priority: CallPriority, remaining: Milliseconds? = nil) -> Milliseconds {
    switch priority {
    case .miss: requestTimeout / 10 * 9
    case .background: max(0, min(Self.longestBackgroundWait, remaining.map { $0 / 2 } ?? .max))
    case .forced: min(Self.longestForcedWait, requestTimeout / 10 * 9)
    }
  }

  /// Throws what a caller is told for whom the place is too far away; returns for the background, which asks again.
  func refuse(_ priority: CallPriority, region: String, wait: Milliseconds) throws(AWSError) {
    guard priority != .background else { return }
    throw AWSError(
      .rateLimited, "Too many calls to \(region) are waiting already: AWS limits them for the whole account.",
      retryAfter: Int(min(60, max(1, (wait + 999) / 1000))))
  }

  /// Waits, for a call of the background no longer than until a caller without a live token waits for it as well.
  func pause(_ milliseconds: Milliseconds, _ priority: CallUrgency) async throws(AWSError) {
    let end = clock.now.boot + milliseconds
    let isBackground = priority() == .background
    while clock.now.boot < end {
      let step = isBackground ? min(end, clock.now.boot + 1000) : end
      do { try await clock.sleep(untilBoot: step) } catch {
        throw AWSError(.shuttingDown, "the call was cancelled while it waited for its place")
      }
      if isBackground, priority() == .miss { return }
    }
  }
}
