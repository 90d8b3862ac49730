internal import AWS

/// A sign-in to AWS that a browser was sent to, and has not come back from.
struct PendingAWSSignIn: Sendable {
  /// How long the browser may take, in milliseconds, as with the AWS CLI.
  static let lifetime: Int64 = 600_000
  /// The most at a time; beyond that, the oldest is removed.
  static let capacity = 8

  /// Whose browser it is.
  let uid: UInt32
  let signIn: IdentityCenterSignIn
  let request: AuthorizationRequest
  /// Milliseconds on the boot clock.
  let end: Int64
}
