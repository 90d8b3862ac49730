package import Clocks
package import Outbound
internal import Synchronization
package import TokenBroker

/// Sends the calls of one service: signed, rate-limited, retried.
///
/// Safe to use from any thread; calls share the retry quota and what is known of the service's clock.
package final class ServiceClient: Sendable {
  private let transport: any HTTPTransport
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

  /// Sends a call until it succeeds or there is no sense in trying again.
  ///
  /// - Parameters:
  ///   - call: What to send.
  ///   - credentials: Who signs; `nil` sends it unsigned.
  ///   - renew: Gives newer credentials in place of those that AWS calls too old.
  func send<Value>(
    _ call: ServiceCall<Value>, signedBy credentials: AWSCredentials?,
    renew: (AWSCredentials) async throws(TokenSourceError) -> AWSCredentials
  ) async throws(TokenSourceError) -> Value {
    try await sendTimed(call, signedBy: credentials, renew: renew).value
  }

  /// The same, with a moment before the attempt that succeeded left: those before it, and the waiting, do not count.
  func sendTimed<Value>(
    _ call: ServiceCall<Value>, signedBy credentials: AWSCredentials?,
    renew: (AWSCredentials) async throws(TokenSourceError) -> AWSCredentials
  ) async throws(TokenSourceError) -> (value: Value, sentAt: Moment) {
    var signer = credentials
    var exchange = ServiceExchange(call, isSigned: credentials != nil)
    var lastCost: Int?
    while true {
      try await rateLimit.admit(region: call.rateLimitKey, priority: call.priority)
      let sentAt = clock.now
      let signingTime = signingTime
      let result = await attempt(call.request(signedBy: signer, date: signingTime / 1000))
      let secondsToPlace = report(result, of: call)
      switch exchange.step(after: result, signedAt: signingTime, jitter: jitter()) {
      case .succeed(let value):
        quota.giveBack(lastCost)
        return (value, sentAt)
      case .retry(let delay, let cost, let failure):
        guard quota.take(cost) else { throw failure.retryingAfter(atLeast: secondsToPlace) }
        lastCost = cost
        try await pause(delay)
      case .correctClock(let date):
        // Stored, not added: several calls may meet the same error at once.
        clockOffset.store(date - clock.now.wall, ordering: .relaxed)
      case .renewCredentials(let failure):
        guard let former = signer else { throw failure }
        let renewed = try await renew(former)
        guard renewed != former else { throw failure }
        signer = renewed
      case .fail(let error):
        throw error.retryingAfter(atLeast: secondsToPlace)
      }
    }
  }

  /// Epoch milliseconds by AWS's clock, as far as it is known.
  private var signingTime: Int64 { clock.now.wall + clockOffset.load(ordering: .relaxed) }

  private func attempt(_ request: TransportRequest) async -> Result<TransportResponse, TransportError> {
    do throws(TransportError) { return .success(try await transport.send(request)) } catch { return .failure(error) }
  }

  /// Tells the rate limit how upstream took the call; what never got an answer says nothing about its quota.
  ///
  /// Returns in how many seconds a throttled call has a place again.
  private func report(_ result: Result<TransportResponse, TransportError>, of call: ServiceCall<some Any>) -> Int? {
    guard case .success(let response) = result else { return nil }
    if response.status >= 400, call.service.error(response).isThrottling {
      return rateLimit.throttled(region: call.rateLimitKey)
    }
    if response.status < 500 { rateLimit.succeeded(region: call.rateLimitKey) }
    return nil
  }

  private func pause(_ milliseconds: Int64) async throws(TokenSourceError) {
    do {
      let end = clock.now.boot + milliseconds
      // It may wake early, when the wall clock is set.
      while clock.now.boot < end { try await clock.sleep(untilBoot: end) }
    } catch {
      throw TokenSourceError(.shuttingDown, "the call was cancelled while it waited to be tried again")
    }
  }
}

extension TokenSourceError {
  /// Whoever asks sooner than our own limit lets the call through only waits.
  fileprivate func retryingAfter(atLeast seconds: Int?) -> TokenSourceError {
    guard let seconds, seconds > retryAfter ?? 0 else { return self }
    return TokenSourceError(reason, message, requestID: requestID, retryAfter: seconds)
  }
}
