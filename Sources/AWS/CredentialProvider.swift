package import TokenBroker

/// One source of credentials.
package protocol CredentialProvider: Sendable {
  /// The credentials; `nil` where this source is not configured, so that the next one is asked. Throws where it is
  /// configured and has none: another source would stand for another person.
  func credentials() async throws(CredentialError) -> AWSCredentials?
}

/// Why a source has no credentials: what is missing where, and nothing secret.
package struct CredentialError: Error, Sendable, Equatable {
  /// `.noCredentials` is definite: nobody is logged in, or the configuration is wrong.
  ///
  /// Every other reason may pass, so that credentials which are held go on being used while they live.
  package let reason: TokenSourceError.Reason
  package let message: String
  /// AWS's id of the call that failed, where one did.
  package let requestID: String?

  package init(_ message: String) {
    self.init(.noCredentials, message)
  }

  package init(_ reason: TokenSourceError.Reason, _ message: String, requestID: String? = nil) {
    self.reason = reason
    self.message = message
    self.requestID = requestID
  }

  /// A call that a source had to make, failed.
  package init(_ error: TokenSourceError, source: String) {
    self.init(error.reason, "\(source): \(error.message)", requestID: error.requestID)
  }
}

extension TokenSourceError {
  init(_ error: CredentialError) {
    self.init(error.reason, error.message, requestID: error.requestID)
  }
}
