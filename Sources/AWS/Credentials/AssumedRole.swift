/// A role of IAM, and how it is assumed.
struct AssumedRole: Sendable, Hashable {
  /// The session name where none is configured: AWS requires one.
  static let defaultSessionName = "fedbroker"

  var roleARN: String
  var sessionName: String
  var externalID: String?
  /// Seconds.
  var duration: Int?
  /// What configures it, for people: `role_arn of profile sales`.
  var place: String

  /// Everything about the role that decides whose credentials it gives, with the lineage of the credentials that assume it.
  func lineage(of signer: AWSCredentials) -> [String?] {
    ["role", roleARN, sessionName, externalID, duration.map { String($0) }, signer.lineage]
  }
}
