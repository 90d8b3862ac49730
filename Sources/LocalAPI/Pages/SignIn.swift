internal import FederationBroker

/// The grant of a one-time code: one sign-in of one user to one instance.
struct SignIn: Sendable, Equatable {
  /// The name of the instance in the address.
  let instance: String
  let key: TokenKey
  let destination: Destination
  /// Whether the code was given for the key of a page, which is good in a browser only: whoever has the token or is an
  /// allowed peer may have the credentials anyway.
  var isForPageKey = false
  /// Whether the person who was signed in before has been signed out.
  var isHandedOver = false
}
