internal import Configuration
internal import FederationBroker
internal import LocalHTTP
internal import Synchronization

/// What was found out about the caller on a connection, so that its next request costs some comparisons.
///
/// Kept by the connection (`Client.notes`); worth nothing once another state is in force or another token is shown.
final class CallerMemo: Sendable {
  /// What the last request got, which the next one mostly asks for again.
  ///
  /// Immutable, so that a request takes one reference to it.
  final class Latest: Sendable {
    private let right: AccessRight?
    private let instance: String
    /// The key of a token that was given for `right`.
    private let key: TokenKey?
    /// Whether `instance` alone, without a session name, stands for `key` as long as the state is in force.
    private let isKeyOfInstance: Bool
    /// The number of the last token of which the audit log knows that the caller has it.
    private let recorded: UInt64

    fileprivate init(
      right: AccessRight? = nil, instance: String = "", key: TokenKey? = nil, isKeyOfInstance: Bool = false,
      recorded: UInt64 = 0
    ) {
      self.right = right
      self.instance = instance
      self.key = key
      self.isKeyOfInstance = isKeyOfInstance
      self.recorded = recorded
    }

    /// Returns whether `right` on an instance was given before.
    func gave(_ right: AccessRight, on instance: String) -> Bool { self.right == right && self.instance == instance }

    /// Returns whether `right` on the token of a key was given before.
    func gave(_ right: AccessRight, _ key: TokenKey) -> Bool { self.right == right && self.key == key }

    /// Returns the key of an instance's token for which `right` was given before, where no session name is asked for.
    func key(for right: AccessRight, on instance: String) -> TokenKey? {
      isKeyOfInstance && gave(right, on: instance) ? key : nil
    }

    /// Returns whether the audit log knows that the caller has a token.
    func isRecorded(_ token: TokenContent) -> Bool { recorded == token.number }

    fileprivate func with(_ right: AccessRight, on instance: String) -> Latest {
      Latest(right: right, instance: instance, recorded: recorded)
    }

    fileprivate func with(_ key: TokenKey, isKeyOfInstance: Bool) -> Latest {
      Latest(right: right, instance: instance, key: key, isKeyOfInstance: isKeyOfInstance, recorded: recorded)
    }

    fileprivate func with(recorded: UInt64) -> Latest {
      Latest(right: right, instance: instance, key: key, isKeyOfInstance: isKeyOfInstance, recorded: recorded)
    }
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
    latest.withLock { $0 = $0.with(right, on: instance) }
  }

  /// - Parameter isKeyOfInstance: Whether the instance alone stands for the key, as long as the state is in force.
  func remember(_ right: AccessRight, on instance: String, _ key: TokenKey, isKeyOfInstance: Bool) {
    latest.withLock { if $0.gave(right, on: instance) { $0 = $0.with(key, isKeyOfInstance: isKeyOfInstance) } }
  }

  func rememberRecorded(_ token: TokenContent) {
    latest.withLock { $0 = $0.with(recorded: token.number) }
  }
}
