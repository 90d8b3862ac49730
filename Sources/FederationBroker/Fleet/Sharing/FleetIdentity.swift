/// Whose token an entry is, for what and from where: never a profile's name, which means another person elsewhere.
package struct FleetIdentity: Sendable, Hashable {
  /// The ARN of whoever signs, the session name included, as STS says it.
  package let caller: String
  /// As sent to AWS.
  package let instanceID: String
  package let region: String
  /// Where calls go.
  package let endpoint: String

  package init(caller: String, instanceID: String, region: String, endpoint: String) {
    self.caller = caller
    self.instanceID = instanceID
    self.region = region
    self.endpoint = endpoint
  }
}
