package import Secrets
internal import System

/// What signs a request.
package struct AWSCredentials: Sendable, Equatable {
  package let accessKeyID: String
  package let secretAccessKey: Secret
  package let sessionToken: Secret?
  /// Epoch milliseconds after which they are worth nothing; `nil` if the source does not say.
  package let expiration: Int64?
  /// Where they came from, for people: `environment variables`, `profile sales of /home/ana/.aws/credentials`.
  package let source: String
  /// What credentials of one caller have in common.
  ///
  /// A renewal keeps it where the source vouches that it is about the same caller. Elsewhere it is the key pair's, so
  /// that another pair has another one: AWS can then tell whether the caller is the same (`CallerIdentity`).
  package let lineage: String

  package init(
    accessKeyID: String, secretAccessKey: Secret, sessionToken: Secret? = nil, expiration: Int64? = nil,
    source: String, lineage: String? = nil
  ) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken
    self.expiration = expiration
    self.source = source
    // A session token may differ: it names nobody.
    self.lineage = lineage ?? "\(accessKeyID)/\(Digest.hexadecimal(of: secretAccessKey))"
  }

  init(_ temporary: TemporaryCredentials, source: String, lineage: String) {
    self.init(
      accessKeyID: temporary.accessKeyID, secretAccessKey: temporary.secretAccessKey,
      sessionToken: temporary.sessionToken, expiration: temporary.expiration, source: source, lineage: lineage)
  }
}
