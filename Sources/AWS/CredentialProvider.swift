/// One source of credentials.
package protocol CredentialProvider: Sendable {
  /// The credentials; `nil` where this source is not configured, so that the next one is asked. Throws where it is
  /// configured and has none: another source would stand for another person.
  func credentials() async throws(CredentialError) -> AWSCredentials?
}

/// Why a source has no credentials: what is missing where, and nothing secret.
package struct CredentialError: Error, Sendable, Equatable {
  package let message: String

  package init(_ message: String) {
    self.message = message
  }
}
