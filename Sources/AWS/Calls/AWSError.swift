package import Outbound

/// Why a call of AWS, or a source of credentials, gave nothing: the one error of this module.
///
/// Never holds a secret. `within(_:)` adds where it happened and keeps the rest.
package struct AWSError: Error, Sendable, Equatable {
  package enum Reason: Sendable, Equatable {
    /// AWS answered with an error: the HTTP status, and the code of `x-amzn-ErrorType` or of the body.
    case service(status: Int, code: String)
    /// The answer was not one of the operation's.
    case badResponse
    case timedOut
    case unreachable
    /// Nobody is signed in, or the configuration is wrong: definite, where all other reasons may pass.
    case noCredentials
    case noRegion
    /// Our own rate limit could not let the call through in time.
    case rateLimited
    case shuttingDown
  }

  package let reason: Reason
  /// For people: what went wrong and how to mend it.
  ///
  /// Upstream's text, if any, is bounded and free of control characters.
  package let message: String
  /// What we add to AWS's own message, which programs in place of the AWS CLI repeat word for word.
  package let advice: String?
  /// `x-amzn-RequestId`, where AWS answered.
  package let requestID: String?
  /// Seconds after which asking again may help.
  package let retryAfter: Int?

  package init(
    _ reason: Reason, _ message: String, advice: String? = nil, requestID: String? = nil, retryAfter: Int? = nil
  ) {
    self.reason = reason
    self.message = message
    self.advice = advice
    self.requestID = requestID
    self.retryAfter = retryAfter
  }

  /// The message with the advice.
  package var text: String { advice.map { "\(message) (\($0))" } ?? message }

  /// A request got no response.
  package init(unreached subject: String, _ error: TransportError) {
    let reason: Reason =
      switch error.reason {
      case .connectTimedOut, .readTimedOut: .timedOut
      case .resolve, .connect, .tls, .interrupted, .invalidRequest: .unreachable
      case .tooLarge: .badResponse
      case .cancelled: .shuttingDown
      }
    self.init(reason, "\(subject) was not reached: \(error.message)")
  }

  /// A source of credentials answered with an error; one that is not transient is a definite no.
  init(refused message: String, _ error: ServiceError) {
    let isTransient = RetryPolicy.isTransient(.service(status: error.status, code: error.code))
    self.init(
      isTransient ? .service(status: error.status, code: error.code) : .noCredentials, message,
      requestID: error.requestID)
  }

  /// The same error, met while doing something for `place`, such as `role_arn of profile sales`.
  func within(_ place: String) -> AWSError { changed(message: "\(place): \(message)") }

  func changed(reason: Reason? = nil, message: String? = nil, advice: String? = nil, retryAfter: Int? = nil) -> AWSError
  {
    AWSError(
      reason ?? self.reason, message ?? self.message, advice: advice ?? self.advice, requestID: requestID,
      retryAfter: retryAfter ?? self.retryAfter)
  }
}
