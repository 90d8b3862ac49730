/// Which calls the AWS CLI repeats, and when: botocore's "legacy" mode, its default.
///
/// Pure.
///
/// Source: botocore's retryhandler.py and data/_retry.json.
package struct LegacyRetryPolicy: Sendable, Equatable {
  /// Attempts in all, the first one included.
  package let maxAttempts: Int

  /// `AWS_MAX_ATTEMPTS`, else the profile's `max_attempts`, else 5, or 3 in the other modes.
  package init(environment: Environment, section: SharedConfiguration.Section?) {
    let mode = environment.nonEmpty("AWS_RETRY_MODE") ?? section?.text("retry_mode")
    let attempts = environment.nonEmpty("AWS_MAX_ATTEMPTS") ?? section?.text("max_attempts")
    maxAttempts =
      attempts.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } ?? (mode == nil || mode == "legacy" ? 5 : 3)
  }

  /// Whether an error that the service answered with may not come again.
  package static func isTransient(status: Int, code: String) -> Bool {
    [429, 500, 502, 503, 504, 509].contains(status) || status == 400 && throttlingCodes.contains(code)
  }

  /// Milliseconds to wait after the attempt of that number (from 1).
  ///
  /// `jitter` is at least 0 and less than 1.
  package static func delay(afterAttempt attempt: Int, jitter: Double) -> Int {
    Int(jitter * 1000) << min(attempt - 1, 20)
  }

  private static let throttlingCodes: Set<String> = [
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException",
    "ProvisionedThroughputExceededException",
  ]
}
