/// The operations of AWS that are called here, by the names of its API references.
package enum UpstreamOperation: String, Sendable, CaseIterable {
  case getFederationToken = "GetFederationToken"
  case assumeRole = "AssumeRole"
  case assumeRoleWithWebIdentity = "AssumeRoleWithWebIdentity"
  case getCallerIdentity = "GetCallerIdentity"
  /// Of IAM Identity Center's portal.
  case getRoleCredentials = "GetRoleCredentials"
  /// Of IAM Identity Center's OIDC service.
  case createToken = "CreateToken"
  case registerClient = "RegisterClient"
  case startDeviceAuthorization = "StartDeviceAuthorization"
  /// Of IAM Identity Center's portal.
  case logout = "Logout"
  /// Of the AWS Sign-In service.
  case createOAuth2Token = "CreateOAuth2Token"
}
