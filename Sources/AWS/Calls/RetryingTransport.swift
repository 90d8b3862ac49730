internal import Clocks
internal import Outbound

/// Sends a request again while another attempt may succeed.
struct RetryingTransport: HTTPTransport {
  typealias Outcome = Result<TransportResponse, TransportError>

  let transport: any HTTPTransport
  let clock: any MomentClock
  /// Attempts in all, the first one included.
  let maxAttempts: Int
  /// Milliseconds to wait after the attempt of that number (from 1); `nil` if its outcome is final.
  ///
  /// Not asked if no other attempt can succeed, as after a cancellation.
  let delay: @Sendable (_ outcome: Outcome, _ attempt: Int) -> Milliseconds?

  /// The last attempt's response or error.
  func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
    let cancelled = TransportError(.cancelled, "the call was cancelled while it waited to be tried again")
    return try await RetryLoop.run(clock: clock, cancelled: cancelled) {
      (attempt) async throws(TransportError) -> RetryLoop.Step<TransportResponse> in
      let outcome = await transport.outcome(of: request)
      guard attempt < maxAttempts, Self.mayChange(outcome), let delay = delay(outcome, attempt) else {
        return .end(try outcome.get())
      }
      return .again(after: delay)
    }
  }

  private static func mayChange(_ outcome: Outcome) -> Bool {
    guard case .failure(let error) = outcome else { return true }
    return RetryPolicy.isTransient(.transport(error.reason))
  }
}

extension HTTPTransport {
  /// Sends a request, and returns its failure as a value.
  func outcome(of request: TransportRequest) async -> Result<TransportResponse, TransportError> {
    do throws(TransportError) { return .success(try await send(request)) } catch { return .failure(error) }
  }
}

extension RetryingTransport {
  /// AWS's standard mode; its quota guards services that are called more often than once in minutes.
  init(
    _ transport: any HTTPTransport, clock: any MomentClock, policy: RetryPolicy,
    jitter: @escaping @Sendable () -> Double
  ) {
    self.init(transport: transport, clock: clock, maxAttempts: policy.maxAttempts) { outcome, attempt in
      switch outcome {
      case .failure:
        return RetryPolicy.delay(afterAttempt: attempt, jitter: jitter(), server: .init())
      case .success(let response):
        guard response.status >= 400 else { return nil }
        let error = ServiceError(response)
        guard RetryPolicy.isTransient(.service(status: error.status, code: error.code)) else { return nil }
        return RetryPolicy.delay(afterAttempt: attempt, jitter: jitter(), server: error.delay)
      }
    }
  }
}
