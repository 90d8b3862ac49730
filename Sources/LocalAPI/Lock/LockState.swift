package import Clocks
internal import HTTPTypes
internal import JSON
internal import Timestamps

/// Why no token is given, and since when.
package struct LockState: Sendable, Equatable {
  /// What has locked; tokens are given again once none of them holds any more.
  package enum Cause: String, Sendable, CaseIterable {
    /// `fedbroker lock`, or whoever else called the API.
    case command
    /// The screen of the desktop is locked.
    case session
    /// The computer is about to sleep.
    case sleep
    /// The desktop's session has ended.
    case sessionEnd = "session-end"
  }

  /// At least one.
  package private(set) var causes: Set<Cause>
  /// When the first of the causes came, milliseconds since the epoch.
  package let since: Milliseconds

  init(_ cause: Cause, since: Milliseconds) {
    causes = [cause]
    self.since = since
  }

  /// Returns the state with one more cause.
  func adding(_ cause: Cause) -> LockState {
    var state = self
    state.causes.insert(cause)
    return state
  }

  /// Returns the state without a cause; `nil` where none is left.
  func removing(_ cause: Cause) -> LockState? {
    var state = self
    state.causes.remove(cause)
    return state.causes.isEmpty ? nil : state
  }

  /// What unlocks, for people.
  var remedy: String {
    let ends = Cause.allCases.filter(causes.contains).compactMap(\.end)
    return (ends.isEmpty ? "R" : ends.joined(separator: ", and ").capitalizedFirst + ", or r") + "un fedbroker unlock."
  }

  var json: JSONValue {
    [
      "causes": .array(Cause.allCases.filter(causes.contains).map { .string($0.rawValue) }),
      "since": .string(Timestamp.rfc3339(seconds: since / 1000)), "remedy": .string(remedy),
    ]
  }
}

extension LockState.Cause {
  /// What ends it by itself, as a command to a person.
  fileprivate var end: String? {
    switch self {
    case .command: nil
    case .session: "unlock the screen"
    case .sleep: "wake the computer up"
    case .sessionEnd: "sign in to the desktop"
    }
  }
}

extension String {
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}

extension Problem {
  /// The error of a request for a token while it is locked (RFC 4918 §11.3).
  static func locked(_ state: LockState?) -> Problem {
    // It may have been unlocked just now.
    let remedy = state?.remedy ?? "Try again."
    return Problem(
      HTTPResponse.Status(code: 423, reasonPhrase: "Locked"), "Locked",
      "fedbroker is locked: no token is given or fetched. \(remedy)")
  }
}
