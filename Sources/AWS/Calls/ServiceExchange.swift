internal import Outbound
internal import Timestamps

/// Decides, after each attempt of one call, what comes next.
///
/// Pure.
struct ServiceExchange<Value> {
  enum Step {
    case succeed(Value)
    /// Try again after a pause, if the quota has `cost` left; fail with `failure` if not.
    case retry(delay: Int64, cost: Int, failure: AWSError)
    /// AWS's clock shows `date` (epoch milliseconds), which is not ours: sign again by it.
    case correctClock(date: Int64)
    /// The credentials are too old: fetch newer ones and try again; fail with `failure` if there are none.
    case renewCredentials(failure: AWSError)
    case fail(AWSError)
  }

  /// Milliseconds.
  ///
  /// AWS accepts signatures of 5 minutes before and after; a difference below this is not why it refused one.
  static var tolerableSkew: Int64 { 4 * 60 * 1000 }

  let call: ServiceCall<Value>
  let isSigned: Bool
  /// The number of the attempt under way, from 1; those that the clock or the credentials spoilt do not count.
  private(set) var attempt = 1
  private var didCorrectClock = false
  private var didRenewCredentials = false

  init(_ call: ServiceCall<Value>, isSigned: Bool) {
    self.call = call
    self.isSigned = isSigned
  }

  /// What to do after `result` of a request that left at `sentAt` by our clock, with a signature that carried `signedAt`
  /// (both epoch milliseconds).
  ///
  /// Another call may have corrected the clock since.
  mutating func step(
    after result: Result<TransportResponse, TransportError>, sentAt: Int64, signedAt: Int64, jitter: Double
  ) -> Step {
    switch result {
    case .failure(let error):
      return retryOrFail(
        .transport(error.reason), AWSError(unreached: call.service.title, error), RetryPolicy.ServerDelay(),
        jitter: jitter)
    case .success(let response) where 200..<300 ~= response.status:
      let time = AnswerTime(response, sentAt: sentAt, signedAt: isSigned ? signedAt : nil)
      do { return .succeed(try call.decode(response, time)) } catch { return .fail(error) }
    case .success(let response) where response.status < 400:
      return .fail(
        AWSError(
          .badResponse,
          "the endpoint answered with status \(response.status); it may not be \(call.service.title)",
          requestID: ServiceError.requestID(response)))
    case .success(let response):
      // A refusal out of a cache tells the time of another one.
      let date = response["Age"] == nil ? response["Date"].flatMap(Timestamp.httpDate) : nil
      return step(after: call.service.error(response), date: date, signedAt, jitter)
    }
  }

  private mutating func step(after error: ServiceError, date: Int64?, _ signedAt: Int64, _ jitter: Double) -> Step {
    if isSigned, error.status == 403, !didCorrectClock, let date, abs(date - signedAt) > Self.tolerableSkew {
      didCorrectClock = true
      return .correctClock(date: date)
    }
    if isSigned, error.isExpiredToken, !didRenewCredentials {
      didRenewCredentials = true
      return .renewCredentials(failure: error.error)
    }
    return retryOrFail(
      .service(status: error.status, code: error.code), error.error, error.delay, jitter: jitter)
  }

  private mutating func retryOrFail(
    _ obstacle: RetryPolicy.Obstacle, _ failure: AWSError, _ server: RetryPolicy.ServerDelay, jitter: Double
  ) -> Step {
    guard RetryPolicy.isTransient(obstacle), attempt < call.policy.maxAttempts,
      call.policy.repeatsThrottledCalls || !obstacle.isThrottling,
      let delay = RetryPolicy.delay(afterAttempt: attempt, jitter: jitter, server: server)
    else { return .fail(failure) }
    attempt += 1
    return .retry(delay: delay, cost: RetryPolicy.cost(of: obstacle), failure: failure)
  }
}
