internal import Configuration
internal import FederationBroker
internal import HTTPTypes
internal import JSON
internal import LocalHTTP
internal import Secrets

/// The handlers of `/v1/lock`.
extension Service {
  /// Answers with why it is locked, or that it is not.
  func lockState(_ call: Call) throws(Problem) -> Answer { .now(Self.lockAnswer(lock.current)) }

  /// Locks, and erases the tokens where the configuration says so.
  func lockTokens(_ call: Call) throws(Problem) -> Answer {
    try checkLockRight(of: call)
    return later(call) { [self] () async throws(Problem) in
      try await record(.lock, call)
      lock.lock(.command, isErasing: call.state.effective.configuration.onLock == .forget)
      return Self.lockAnswer(lock.current)
    }
  }

  /// Unlocks, whatever has locked: a desktop whose screen locker does not say when it ends would stay locked otherwise.
  func unlockTokens(_ call: Call) throws(Problem) -> Answer {
    try checkLockRight(of: call)
    return later(call) { [self] () async throws(Problem) in
      try await record(.unlock, call)
      _ = lock.unlock()
      return Self.lockAnswer(lock.current)
    }
  }

  /// Throws 423 while it is locked.
  ///
  /// For what would be spent or run before the broker is asked, which refuses by itself.
  func checkLock() throws(Problem) {
    if let state = lock.current { throw .locked(state) }
  }

  /// A lock concerns the tokens of all, and so is no right on some instances only.
  private func checkLockRight(of call: Call) throws(Problem) {
    guard call.grants.giveOnEverything(.lock) else { throw .notGiven }
  }

  private static func lockAnswer(_ state: LockState?) -> Response {
    let body: JSONValue = ["lock": state?.json ?? .null]
    return Response(status: .ok, content: Content(mediaType: "application/json", bytes: Secret(body.text)))
  }
}
