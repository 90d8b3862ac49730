internal import Clocks
internal import FederationBroker
internal import HTTPTypes
internal import LocalHTTP

/// Requests that name the token they have, and may wait for the next.
extension Service {
  /// Answers a call whose sender has the cached token already.
  func conditional(
    _ call: Call, _ key: TokenKey, _ hit: TokenAnswer<TokenContent>, _ condition: TokenCondition, field: TokenField?,
    minimumLifetime: Int
  ) throws(Problem) -> Answer {
    guard condition.wait > 0 else { return .now(try hit.notModified(field: field)) }
    let arrival = clock.now
    return .lasting { [self] in
      do throws(Problem) {
        return try await next(
          after: hit, of: key, call, condition, field: field, minimumLifetime: minimumLifetime, since: arrival)
      } catch {
        return response(to: error, call)
      }
    }
  }

  /// Returns another token than `known` once there is one, else 304 when the time is over.
  private func next(
    after known: TokenAnswer<TokenContent>, of key: TokenKey, _ call: Call, _ condition: TokenCondition,
    field: TokenField?, minimumLifetime: Int, since arrival: Moment
  ) async throws(Problem) -> Response {
    let deadline = arrival.boot + Milliseconds(condition.wait) * 1000
    var known = known
    while true {
      let tag = known.payload.tag
      let outcome = await changes.wait(for: key, until: deadline) {
        broker.cached(key).map { $0.payload.tag != tag } ?? false
      }
      // Under another configuration, or other tokens of the daemon, the sender may have other rights: let it ask anew.
      guard outcome == .changed, currentState === call.state else {
        return try known.notModified(field: field).applying(condition)
      }
      let answer: TokenAnswer<TokenContent>
      if let cached = broker.cached(key, minimumLifetime: minimumLifetime) {
        answer = cached
      } else {
        let spender = minimumLifetime > 0 ? call.caller : nil
        answer = try await token(for: key, minimumLifetime: minimumLifetime, spender: spender)
      }
      guard condition.isMet(by: answer.payload.tag) else {
        try await recordReceipt(of: answer.payload, call, key)
        return try answer.response(field: field).applying(condition)
      }
      known = answer
    }
  }
}

extension Response {
  /// Says that the wait was granted (RFC 7240 §3).
  fileprivate func applying(_ condition: TokenCondition) -> Response {
    var response = self
    response.fields[.preferenceApplied] = "wait=\(condition.wait)"
    return response
  }
}

extension HTTPField.Name {
  fileprivate static let preferenceApplied = HTTPField.Name("Preference-Applied")!
}
