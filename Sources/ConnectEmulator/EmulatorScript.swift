/// What an emulator answers, call by call.
package struct EmulatorScript: Sendable, Equatable {
  /// What happens to one call that is well signed.
  package enum Step: String, Sendable, CaseIterable {
    /// A token.
    case ok
    /// 429 `TooManyRequestsException`, with `Retry-After: 1`.
    case throttle
    /// 500 `InternalServiceException`.
    case fail
    /// 503 with a body that is not JSON.
    case unavailable
    /// 403 `AccessDeniedException`.
    case deny
    /// 404 `ResourceNotFoundException`.
    case missing
    /// 404 `UserNotFoundException`.
    case nobody
    /// 409 `DuplicateResourceException`.
    case duplicate
    /// 400 `InvalidRequestException`.
    case invalid
    /// 403 `ExpiredTokenException`.
    case expired
    /// 200 with JSON that breaks off.
    case broken
    /// 200 with an HTML page, as a captive portal answers.
    case html
    /// 200 with an answer that holds no `AccessToken`.
    case empty
    /// The connection ends with no answer.
    case drop
  }

  /// One per call; the last one repeats.
  package var steps: [Step]
  /// Lifetime of access tokens, in seconds.
  package var lifetime: Double
  /// Lifetime of refresh tokens, in seconds.
  package var refreshLifetime: Double
  /// Delay before each answer, in seconds.
  package var latency: Double
  /// Added to the time the emulator lives in, in seconds.
  package var clockOffset: Double
  /// The body of what `ok` answers, in place of a token that is made up.
  package var answer: [UInt8]?

  package init(
    steps: [Step] = [.ok], lifetime: Double = 900, refreshLifetime: Double = 43_200, latency: Double = 0,
    clockOffset: Double = 0, answer: [UInt8]? = nil
  ) {
    self.steps = steps
    self.lifetime = lifetime
    self.refreshLifetime = refreshLifetime
    self.latency = latency
    self.clockOffset = clockOffset
    self.answer = answer
  }

  /// The steps of a text such as `ok,throttle*3,ok`.
  package static func steps(parsing text: String) throws(InvalidScript) -> [Step] {
    var steps: [Step] = []
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = item.split(separator: "*", omittingEmptySubsequences: false)
      guard let step = Step(rawValue: String(parts[0])), parts.count <= 2,
        let count = parts.count == 2 ? Int(parts[1]) : 1, 1...10_000 ~= count
      else { throw InvalidScript(item: String(item)) }
      steps += Array(repeating: step, count: count)
    }
    return steps
  }

  /// An item of a script that is not one.
  package struct InvalidScript: Error, Sendable, CustomStringConvertible {
    package let item: String

    package var description: String {
      let names = Step.allCases.map(\.rawValue).joined(separator: ", ")
      return "\"\(item)\" is no step: a script is a list such as ok,throttle*3,ok of \(names)"
    }
  }
}
