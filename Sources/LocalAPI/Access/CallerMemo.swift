internal import Configuration
internal import FederationBroker
internal import LocalHTTP
internal import Synchronization

/// What was found out about the caller on a connection, so that its next request costs some comparisons.
///
/// Kept by the connection (`Client.notes`); worth nothing once another state is in force or another token is shown. It
/// never changes, so that a hit takes one lock and one reference for all that it compares.
final class CallerMemo: Sendable {
  /// What the last request got, which the next one mostly asks for again.
  struct Latest: Sendable {
    var right: AccessRight?
    var instance = ""
    /// Whether that is so whichever session name is asked for.
    var isGivenToAllNames = false
    /// The key of a token that was given for `right`.
    var key: TokenKey?
    /// The number of the last token of which the audit log knows that the caller has it.
    var recorded: UInt64 = 0
  }

  private let state: UInt64
  private let token: Int?
  let caller: Caller
  let grants: Grants
  private let latest: Latest

  convenience init(state: ServingState, token: Int?, caller: Caller, grants: Grants) {
    self.init(state: state.number, token: token, caller: caller, grants: grants, latest: Latest())
  }

  private init(state: UInt64, token: Int?, caller: Caller, grants: Grants, latest: Latest) {
    self.state = state
    self.token = token
    self.caller = caller
    self.grants = grants
    self.latest = latest
  }

  /// Returns what is known of a client in a state; `nil` where nothing is.
  static func known(of client: Client, in state: ServingState, token: Int?) -> CallerMemo? {
    guard let memo = client.notes.withLock({ $0 }) as? CallerMemo, memo.state == state.number, memo.token == token
    else { return nil }
    return memo
  }

  /// Whether what the last request was given it was given whichever session name is asked for.
  var isGivenToAllNames: Bool { grants.isEverything || latest.isGivenToAllNames }

  /// Returns whether the rules have to be asked about `right` on an instance: the last request was not given it.
  func asksRules(about right: AccessRight, on instance: String) -> Bool {
    !grants.isEverything && (latest.right != right || latest.instance != instance)
  }

  /// Returns whether the rules have to be asked about `right` on the token of a key of an instance, likewise.
  func asksRules(about right: AccessRight, on instance: String, _ key: TokenKey) -> Bool {
    asksRules(about: right, on: instance) || !(isGivenToAllNames || latest.key == key)
  }

  /// Returns whether the rules give a listed instance for `right`: of any other the caller learns nothing.
  func mayKnow(_ entry: InstanceDirectory.Entry, _ right: AccessRight?) -> Bool {
    right.map { grants.give($0, instance: entry.names) } ?? true
  }

  /// Returns whether the audit log knows that the caller has a token.
  func isRecorded(_ token: TokenContent) -> Bool { latest.recorded == token.number }

  /// Has the connection of a client keep what a request got, beside what else it keeps of its caller.
  ///
  /// A connection has one request in hand at a time.
  static func remember(of client: Client, _ change: (inout Latest) -> Void) {
    client.notes.withLock { notes in
      guard let memo = notes as? CallerMemo else { return }
      var latest = memo.latest
      change(&latest)
      notes = CallerMemo(state: memo.state, token: memo.token, caller: memo.caller, grants: memo.grants, latest: latest)
    }
  }
}
