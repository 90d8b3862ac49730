/// The local key pair: callers sign with it instead of sending the token, which is the secret key.
package enum LocalAccessKey {
  /// The access key id.
  package static let id = "fedbroker"
}
