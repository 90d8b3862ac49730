/// One entry as people may see it: nothing secret.
package struct EntrySnapshot: Sendable, Equatable {
  package enum State: String, Sendable {
    /// No live token, and no fetch under way.
    case empty
    /// No live token yet.
    case fetching
    case live
    /// A live token, and a fetch under way for the next.
    case refreshing
  }

  package let key: TokenKey
  package let state: State
  package let isWarm: Bool
  /// The live token's `AccessTokenExpiration` as upstream gave it, epoch milliseconds.
  package let expiration: Int64?
  /// Whole seconds the live token has left by our clocks, rounded down.
  package let remaining: Int?
  /// When upstream last gave a token, epoch milliseconds.
  package let lastRefresh: Int64?
  /// Why the last fetch failed; `nil` once one succeeds.
  package let lastError: TokenSourceError?
}
