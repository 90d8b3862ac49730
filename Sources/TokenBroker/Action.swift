/// What the driver does after a transition of the state.
enum Action: Sendable {
  /// Call upstream. A key has one fetch under way at most, so the key names it.
  case fetch(TokenKey, FetchCause)
  /// Nobody wants the result of this key's fetch any more: it may end early.
  case cancelFetch(TokenKey)
  case answer([Waiter.ID], Result<StoredAnswer, BrokerError>)
  case report(BrokerEvent)
}
