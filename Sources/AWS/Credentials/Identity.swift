/// Whose credentials a call is made with: a profile, and a role to assume with it.
package struct Identity: Hashable, Sendable {
  /// The profile named by a flag or the configuration; `nil` stands for the default chain.
  package var profile: String?
  /// The role to assume with those credentials.
  package var roleARN: String?
  /// The session name under which `roleARN` is assumed.
  package var sessionName: String?
  /// The external id that the role's owner requires.
  package var externalID: String?

  package init(
    profile: String? = nil, roleARN: String? = nil, sessionName: String? = nil, externalID: String? = nil
  ) {
    self.profile = profile
    self.roleARN = roleARN
    self.sessionName = sessionName
    self.externalID = externalID
  }
}
