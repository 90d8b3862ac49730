/// The local key pair: with it callers sign in place of sending the token, which is its secret key.
package enum LocalAccessKey {
  /// The access key id.
  package static let id = "fedbroker"
}
