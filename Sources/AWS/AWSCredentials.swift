package import Secrets

/// What signs a request.
package struct AWSCredentials: Sendable, Equatable {
  package let accessKeyID: String
  package let secretAccessKey: Secret
  package let sessionToken: Secret?
  /// Epoch milliseconds after which they are worth nothing; `nil` where the source does not say.
  package let expiration: Int64?
  /// Where they came from, for people: `environment variables`, `profile sales of /home/ana/.aws/credentials`.
  package let source: String

  package init(
    accessKeyID: String, secretAccessKey: Secret, sessionToken: Secret? = nil, expiration: Int64? = nil,
    source: String
  ) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken
    self.expiration = expiration
    self.source = source
  }

  /// Whether both are the same key pair.
  ///
  /// A session token may differ: it names nobody.
  func isSameKeyPair(as other: AWSCredentials) -> Bool {
    accessKeyID == other.accessKeyID && secretAccessKey == other.secretAccessKey
  }
}
