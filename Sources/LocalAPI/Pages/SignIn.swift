internal import FederationBroker

/// What a one-time code lets a browser do: sign in one person, to one instance, once.
struct SignIn: Sendable, Equatable {
  /// As the address names it.
  let instance: String
  let key: TokenKey
  let destination: Destination
}
