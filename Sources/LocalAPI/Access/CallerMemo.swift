internal import Configuration
internal import LocalHTTP
internal import Synchronization

/// What was found out about the caller on a connection, so that its next request costs some comparisons.
///
/// Kept by the connection (`Client.notes`); worth nothing once another state is in force or another token is shown.
final class CallerMemo: Sendable {
  /// What the last request got, which the next one mostly asks for again.
  private struct Latest {
    var right: AccessRight?
    var instance = ""
    /// The number of the last token of which the audit log knows that the caller has it.
    var recorded: UInt64 = 0
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

  /// Returns whether `right` on an instance was given before.
  func gave(_ right: AccessRight, on instance: String) -> Bool {
    latest.withLock { $0.right == right && $0.instance == instance }
  }

  func remember(_ right: AccessRight, on instance: String) {
    latest.withLock { ($0.right, $0.instance) = (right, instance) }
  }

  /// Returns whether the audit log knows that the caller has a token.
  func isRecorded(_ token: TokenContent) -> Bool { latest.withLock { $0.recorded == token.number } }

  func rememberRecorded(_ token: TokenContent) {
    latest.withLock { $0.recorded = token.number }
  }
}
