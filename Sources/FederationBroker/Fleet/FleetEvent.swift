package import AWS
package import Clocks

/// What happens between a daemon and its fleet, for logs and metrics.
package enum FleetEvent: Sendable, Equatable {
  /// How a token was come by.
  package enum Origin: String, Sendable, CaseIterable {
    /// Another daemon had fetched it.
    case store
    /// By a call in the fleet's order.
    case own
    /// By a call without the store.
    case alone
  }

  /// A token came.
  case fetched(Origin)
  /// A place in the order of calls was given, so many milliseconds away.
  case placed(Milliseconds)
  /// A call took longer than its lease, and what it brought is not shared.
  case leaseLost
  /// An entry of the store is not used.
  case rejected(name: String, FleetSeal.Rejection)
  /// So many drops are not lasting yet.
  case dropsPending(Int)
  /// The caller of a token could not be told, so that it is not shared.
  case unidentified(AWSError)
}
