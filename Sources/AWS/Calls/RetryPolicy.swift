package import Outbound

/// Which calls are tried again, and when: the "standard" mode of AWS's SDKs.
///
/// Pure.
///
/// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html and botocore's
/// retries/standard.py.
package struct RetryPolicy: Sendable, Equatable {
  /// Attempts in all, the first one included.
  package let maxAttempts: Int
  /// Whether a throttled call is tried again; if not, who called paces itself.
  package var repeatsThrottledCalls = true

  package init(maxAttempts: Int = 3) {
    self.maxAttempts = max(1, maxAttempts)
  }

  /// `AWS_MAX_ATTEMPTS`, else the profile's `max_attempts`, else 3.
  ///
  /// Any value but a positive number is ignored.
  package init(environment: Environment, section: SharedConfiguration.Section?) {
    let text = environment.nonEmpty("AWS_MAX_ATTEMPTS") ?? section?.text("max_attempts")
    self.init(maxAttempts: text.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } ?? 3)
  }

  /// Why an attempt failed.
  package enum Obstacle: Sendable, Equatable {
    case transport(TransportError.Reason)
    case service(status: Int, code: String)

    var isThrottling: Bool {
      if case .service(let status, let code) = self {
        RetryPolicy.isThrottling(status: status, code: code)
      } else {
        false
      }
    }
  }

  package static func isThrottling(status: Int, code: String) -> Bool {
    status == 429 || throttlingCodes.contains(code)
  }

  /// Whether another attempt may succeed.
  package static func isTransient(_ obstacle: Obstacle) -> Bool {
    switch obstacle {
    case .transport(.resolve), .transport(.connect), .transport(.connectTimedOut), .transport(.readTimedOut),
      .transport(.tls), .transport(.interrupted):
      true
    case .transport(.tooLarge), .transport(.invalidRequest), .transport(.cancelled): false
    case .service(let status, let code):
      isThrottling(status: status, code: code) || [500, 502, 503, 504].contains(status)
    }
  }

  /// What a retry costs of the quota.
  package static func cost(of obstacle: Obstacle) -> Int {
    switch obstacle {
    case .transport(.connectTimedOut), .transport(.readTimedOut): 10
    default: 5
    }
  }

  /// The delay that the server asks for.
  package struct ServerDelay: Sendable, Equatable {
    /// `Retry-After`, in seconds (RFC 9110 §10.2.3); its other form, a date, is not used by AWS.
    package var retryAfter: Int?
    /// `x-amz-retry-after`, in milliseconds.
    package var amazonRetryAfter: Int?

    package init(retryAfter: Int? = nil, amazonRetryAfter: Int? = nil) {
      self.retryAfter = retryAfter
      self.amazonRetryAfter = amazonRetryAfter
    }

    package init(_ response: TransportResponse) {
      func number(_ name: String) -> Int? {
        guard let text = response[name], let number = Int(text), number >= 0 else { return nil }
        // Whoever asks for more than a day means "not now".
        return min(number, name == "Retry-After" ? 86_400 : 86_400_000)
      }
      self.init(retryAfter: number("Retry-After"), amazonRetryAfter: number("x-amz-retry-after"))
    }

    /// In whole seconds, rounded up, for `Retry-After`.
    package var seconds: Int? {
      retryAfter ?? amazonRetryAfter.map { $0 / 1000 + ($0 % 1000 == 0 ? 0 : 1) }
    }
  }

  /// Milliseconds to wait after the attempt of that number (from 1): full jitter below 1 s, 2 s, 4 s … 20 s.
  ///
  /// `nil` if the server wants a longer pause than the policy has: the caller is to be told instead. `jitter` is at
  /// least 0 and less than 1.
  package static func delay(afterAttempt attempt: Int, jitter: Double, server: ServerDelay) -> Int64? {
    let ceiling = attempt < 6 ? 1000 << (attempt - 1) : maxDelay
    let own = Int64(jitter * Double(min(ceiling, maxDelay)))
    if let milliseconds = server.amazonRetryAfter {
      // botocore adds at most 5 s to its own delay.
      return max(own, min(Int64(milliseconds), own + 5000))
    }
    guard let seconds = server.retryAfter else { return own }
    guard seconds <= maxDelay / 1000 else { return nil }
    return max(own, Int64(seconds) * 1000)
  }

  private static let maxDelay = 20_000

  /// botocore's list.
  private static let throttlingCodes: Set<String> = [
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException",
    "TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
    "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "RequestThrottled", "SlowDown",
    "PriorRequestNotComplete", "EC2ThrottledException",
  ]
}
