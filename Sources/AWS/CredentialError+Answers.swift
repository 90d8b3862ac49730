internal import Outbound
internal import TokenBroker

extension CredentialError {
  /// A source got no answer, which may pass.
  init(_ subject: String, _ error: TransportError) {
    self.init(TokenSourceError.Reason(error.reason), "\(subject) was not reached: \(error.message)")
  }

  /// A source answered with an error; one that is not transient is a definite no.
  init(_ message: String, _ error: ServiceError) {
    let isTransient = RetryPolicy.isTransient(.service(status: error.status, code: error.code))
    self.init(
      isTransient ? .service(status: error.status, code: error.code) : .noCredentials, message,
      requestID: error.requestID)
  }

  /// A source answered something that is no answer.
  static func badAnswer(_ message: String) -> CredentialError { CredentialError(.badResponse, message) }
}
