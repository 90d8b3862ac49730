/// Which source gives an identity its credentials and why, for people; nothing in it is secret.
package struct CredentialReport: Sendable, CustomStringConvertible {
  package private(set) var lines: [String] = []
  /// Whether there are credentials, and AWS takes them where it was asked.
  package internal(set) var isGood = false
  /// Epoch milliseconds after which they are worth nothing; `nil` where the source does not say.
  private(set) var expiration: Int64?
  /// Why there are none.
  private(set) var failure: AWSError?

  package var description: String { lines.joined(separator: "\n") }

  init(passedOver: [CredentialPlan.Absence]) {
    lines = passedOver.map { "passed over: \($0.source): \($0.reason)" }
  }

  /// The files, or the identity's configuration, are wrong.
  init(failure: AWSError) {
    self.failure = failure
    lines = ["failed: \(failure.message)"]
  }

  mutating func source(_ credentials: AWSCredentials, _ plan: CredentialPlan) {
    expiration = credentials.expiration
    let source = credentials.source == plan.title ? "" : ": \(credentials.source)"
    lines.append("source: \(plan.title)\(source)\(Self.place(plan)), key \(Self.redacted(credentials))")
  }

  mutating func assumed(_ credentials: AWSCredentials, as sessionName: String) {
    expiration = credentials.expiration
    lines.append("assumed: \(credentials.source) as \(sessionName), key \(Self.redacted(credentials))")
  }

  mutating func failed(_ error: AWSError, _ plan: CredentialPlan) {
    failure = error
    // Nothing is configured at all.
    let isAbsence = plan.title.isEmpty
    lines.append("failed: \(isAbsence ? "no source has credentials" : error.message + Self.place(plan))")
  }

  /// Only instance metadata can be configured and not be there.
  mutating func nothingAnswers(_ plan: CredentialPlan) {
    lines.append("passed over: \(plan.title): it is disabled, or nothing answers there")
    lines.append("failed: no source has credentials")
  }

  mutating func ask(_ whose: () async throws(AWSError) -> CallerIdentity) async {
    do throws(AWSError) {
      lines.append("caller: \(try await whose().arn)")
    } catch {
      lines.append("caller: not told: \(error.message)")
      isGood = false
    }
  }

  private static func place(_ plan: CredentialPlan) -> String { plan.place.map { " (\($0))" } ?? "" }

  /// The last four characters tell a person's keys apart and are in AWS's own consoles.
  private static func redacted(_ credentials: AWSCredentials) -> String {
    "…\(credentials.accessKeyID.suffix(min(4, credentials.accessKeyID.count / 2)))"
  }
}
