package import JSON

/// What one step of the way to a token showed: what was tried, what came, and how to mend it.
package struct Finding: Sendable, Equatable {
  /// The steps, in the order of the way from a command to Amazon Connect.
  package enum Step: String, Sendable, CaseIterable {
    /// Something answers at a daemon's address.
    case daemon
    /// It is a daemon that may be believed, and admits this user.
    case admission
    /// Its rules give this user what is asked.
    case rights
    /// It serves the instance, and AWS has it.
    case instance
    case credentials
    case region
    case endpoint
    case proxy
    /// Name resolution.
    case name
    case connection
    /// TLS: which authority vouches for the server.
    case certificate
    /// This machine's clock beside AWS's.
    case clock
    /// Whose the credentials are.
    case caller
    /// What IAM lets the caller do.
    case policy
    /// The Amazon Connect user.
    case user
    case quota
    case token
  }

  package enum Outcome: String, Sendable {
    case good
    /// Not as it should be, but the way goes on.
    case warning
    /// The way ends here.
    case wrong
  }

  package let step: Step
  package let outcome: Outcome
  /// What was done: `asked AWS STS whose the credentials are`.
  package let tried: String
  /// What came of it.
  package let result: String
  /// What to do; `nil` where nothing is to be mended.
  package let mend: String?

  private init(_ step: Step, _ outcome: Outcome, tried: String, result: String, mend: String?) {
    self.step = step
    self.outcome = outcome
    self.tried = tried
    self.result = result
    self.mend = mend
  }

  package static func good(_ step: Step, tried: String, _ result: String) -> Finding {
    Finding(step, .good, tried: tried, result: result, mend: nil)
  }

  package static func warning(_ step: Step, tried: String, _ result: String, mend: String) -> Finding {
    Finding(step, .warning, tried: tried, result: result, mend: mend)
  }

  package static func wrong(_ step: Step, tried: String, _ result: String, mend: String) -> Finding {
    Finding(step, .wrong, tried: tried, result: result, mend: mend)
  }
}

extension Finding {
  /// The form in which a daemon tells it, and `fedbroker diagnose --json` prints it.
  package var json: JSONValue {
    [
      "step": .string(step.rawValue), "outcome": .string(outcome.rawValue), "tried": .string(tried),
      "result": .string(result), "mend": mend.map { .string($0) } ?? .null,
    ]
  }

  /// Returns `nil` for what is not in that form.
  package init?(json: JSONValue) {
    guard let step = json["step"]?.string.flatMap(Step.init),
      let outcome = json["outcome"]?.string.flatMap(Outcome.init),
      let tried = json["tried"]?.string, let result = json["result"]?.string
    else { return nil }
    self.init(step, outcome, tried: tried, result: result, mend: json["mend"]?.string)
  }
}
