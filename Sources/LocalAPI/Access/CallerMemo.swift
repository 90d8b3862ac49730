internal import Configuration
internal import FederationBroker
internal import LocalHTTP
internal import Synchronization

/// What was found out about the caller on a connection, so that its next request costs some comparisons.
///
/// Kept by the connection (`Client.notes`); worth nothing once another state is in force or another token is shown.
final class CallerMemo: Sendable {
  /// What the last request got, which the next one mostly asks for again.
  struct Latest: Sendable {
    fileprivate var right: AccessRight?
    fileprivate var instance = ""
    /// The key of a token that was given for `right`.
    fileprivate var key: TokenKey?
    /// The number of the last token of which the audit log knows that the caller has it.
    fileprivate var recorded: UInt64 = 0

    /// Returns whether `right` on an instance was given before.
    func gave(_ right: AccessRight, on instance: String) -> Bool { self.right == right && self.instance == instance }

    /// Returns whether `right` on the token of a key was given before.
    func gave(_ right: AccessRight, _ key: TokenKey) -> Bool { self.right == right && self.key == key }

    /// Returns whether the audit log knows that the caller has a token.
    func isRecorded(_ token: TokenContent) -> Bool { recorded == token.number }
  }

  private let state: UInt64
  private let token: Int?
  let caller: Caller
  let grants: Grants
  private let latest = Mutex(Latest())

  init(state: ServingState, token: Int?, caller: Caller, grants: Grants) {
    self.state = state.number
    self.token = token
    self.caller = caller
    self.grants = grants
  }

  /// Returns what is known of a client in a state; `nil` where nothing is.
  static func known(of client: Client, in state: ServingState, token: Int?) -> CallerMemo? {
    guard let memo = client.notes.withLock({ $0 }) as? CallerMemo, memo.state == state.number, memo.token == token
    else { return nil }
    return memo
  }

  /// What the last request got: one short lock for all that a hit compares.
  var lastRequest: Latest { latest.withLock { $0 } }

  func remember(_ right: AccessRight, on instance: String) {
    latest.withLock { ($0.right, $0.instance, $0.key) = (right, instance, nil) }
  }

  func remember(_ right: AccessRight, _ key: TokenKey) {
    latest.withLock { if $0.right == right { $0.key = key } }
  }

  func rememberRecorded(_ token: TokenContent) {
    latest.withLock { $0.recorded = token.number }
  }
}
