package import Clocks
package import Outbound
internal import Synchronization

/// Sends the calls of one service: signed, rate-limited, retried.
///
/// Safe to use from any thread; calls share the retry quota and what is known of the service's clock.
package final class ServiceClient: Sendable {
  let transport: any HTTPTransport
  private let rateLimit: any RateLimiting
  let clock: any MomentClock
  private let jitter: @Sendable () -> Double
  private let quota = RetryQuota()
  /// Milliseconds that AWS's clock is ahead of ours, as far as signatures showed it.
  private let clockOffset = Atomic<Int64>(0)

  /// `jitter` draws a number of at least 0 and less than 1.
  package init(
    transport: any HTTPTransport, rateLimit: any RateLimiting, clock: any MomentClock,
    jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
  ) {
    self.transport = transport
    self.rateLimit = rateLimit
    self.clock = clock
    self.jitter = jitter
  }

  /// Sends a call, again while another attempt may succeed.
  ///
  /// - Parameters:
  ///   - call: What to send.
  ///   - credentials: Who signs; `nil` sends it unsigned.
  ///   - renew: Gives newer credentials in place of those that AWS calls too old.
  func send<Value>(
    _ call: ServiceCall<Value>, signedBy credentials: AWSCredentials?,
    renew: (AWSCredentials) async throws(AWSError) -> AWSCredentials
  ) async throws(AWSError) -> Value {
    try await sendTimed(call, signedBy: credentials, renew: renew).value
  }

  /// The same, with a moment before the attempt that succeeded left: those before it, and the waiting, do not count.
  func sendTimed<Value>(
    _ call: ServiceCall<Value>, signedBy credentials: AWSCredentials?,
    renew: (AWSCredentials) async throws(AWSError) -> AWSCredentials
  ) async throws(AWSError) -> (value: Value, sentAt: Moment) {
    var signer = credentials
    var exchange = ServiceExchange(call, isSigned: credentials != nil)
    var lastCost: Int?
    let cancelled = AWSError(.shuttingDown, "the call was cancelled while it waited to be tried again")
    return try await RetryLoop.run(clock: clock, cancelled: cancelled) {
      (_) async throws(AWSError) -> RetryLoop.Step<(value: Value, sentAt: Moment)> in
      try await rateLimit.admit(region: call.rateLimitKey, priority: call.priority)
      let sentAt = clock.now
      // Epoch milliseconds by AWS's clock, as far as it is known.
      let signedAt = sentAt.wall + clockOffset.load(ordering: .relaxed)
      let result = await transport.outcome(of: call.request(signedBy: signer, date: signedAt / 1000))
      report(result, of: call)
      switch exchange.step(after: result, sentAt: sentAt.wall, signedAt: signedAt, jitter: jitter()) {
      case .succeed(let value):
        quota.giveBack(lastCost)
        return .end((value, sentAt))
      case .retry(let delay, let cost, let failure):
        guard quota.take(cost) else { throw failure }
        lastCost = cost
        return .again(after: delay)
      case .correctClock(let date):
        // Stored, not added: several calls may meet the same error at once.
        clockOffset.store(date - clock.now.wall, ordering: .relaxed)
        return .again(after: 0)
      case .renewCredentials(let failure):
        guard let former = signer else { throw failure }
        let renewed = try await renew(former)
        guard renewed != former else { throw failure }
        signer = renewed
        return .again(after: 0)
      case .fail(let error):
        throw error
      }
    }
  }

  /// Tells the rate limit how upstream took the call; a request without a response says nothing about its quota.
  private func report(_ result: Result<TransportResponse, TransportError>, of call: ServiceCall<some Any>) {
    guard case .success(let response) = result else { return }
    if response.status >= 400, call.service.error(response).isThrottling {
      rateLimit.throttled(region: call.rateLimitKey)
    } else if response.status < 500 {
      rateLimit.succeeded(region: call.rateLimitKey)
    }
  }
}
