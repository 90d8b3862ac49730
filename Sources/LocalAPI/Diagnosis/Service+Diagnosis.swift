internal import AWS
internal import FederationBroker
internal import HTTPTypes
internal import JSON
internal import LocalHTTP
internal import RefreshingCache
internal import Secrets

extension Service {
  /// Answers with what each step of the way from here to a token shows, up to the first that is wrong.
  func diagnose(_ call: Call) throws(Problem) -> Answer {
    let spender = call.caller
    return later(call) { [self] () async throws(Problem) in
      let key = try await key(of: call)
      // The sources of credentials are asked on the way.
      try checkLock()
      // It makes calls that no cache answers.
      guard budgets.take(spender, region: key.region) else { throw Self.diagnosedTooOften }
      var findings = await call.state.directory.diagnose(key)
      if !findings.contains(where: { $0.outcome == .wrong }) {
        findings.append(
          await lastFinding(call, key, caller: findings.first { $0.step == .caller && $0.outcome == .good }?.result))
      }
      let body: JSONValue = ["findings": .array(findings.map(\.json))]
      return Response(status: .ok, content: Content(mediaType: "application/json", bytes: Secret(body.text)))
    }
  }

  private static let diagnosedTooOften = Problem(
    .tooManyRequests, "TooManyRequestsException",
    "This caller had too many tokens fetched anew, or asked for too many diagnoses.",
    retryAfter: Int(ForcedFetchBudget.secondsEach))

  /// The call for the token itself.
  private func lastFinding(_ call: Call, _ key: TokenKey, caller: String?) async -> Finding {
    let operation = FederationFinding(key: key, caller: caller)
    do throws(Problem) {
      let answer = try await refreshed(key, call) { true }
      let content = answer.payload
      return operation.finding(userARN: content.userARN, remaining: answer.remaining)
    } catch {
      // Who waits for a call that is tried again and again hears only that it takes long.
      let reason = error.code == "UpstreamTimeout" ? broker.snapshot().first { $0.key == key }?.lastError : nil
      return operation.finding(reason.map { Problem(.source($0)) } ?? error)
    }
  }
}
