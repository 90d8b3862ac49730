internal import Secrets

/// `aws_access_key_id` and what belongs to it, in a profile of one of the two files.
package struct ProfileCredentials: CredentialProvider {
  private let profile: String
  private let section: SharedConfiguration.Section?
  private let path: String

  /// Reads `section`, the profile as that file alone has it; `nil` where it does not.
  package init(profile: String, section: SharedConfiguration.Section?, path: String) {
    self.profile = profile
    self.section = section
    self.path = path
  }

  package func credentials() throws(CredentialError) -> AWSCredentials? {
    guard let section, let accessKeyID = section.text("aws_access_key_id") else { return nil }
    guard !accessKeyID.isEmpty else {
      throw CredentialError("aws_access_key_id of profile \(profile) in \(path) is empty")
    }
    guard let secret = section.secret("aws_secret_access_key"), !secret.isEmpty else {
      throw CredentialError("profile \(profile) in \(path) has aws_access_key_id, but no aws_secret_access_key")
    }
    // botocore looks at the older name first.
    let token = section.secret("aws_security_token") ?? section.secret("aws_session_token")
    return AWSCredentials(
      accessKeyID: accessKeyID, secretAccessKey: secret, sessionToken: token.flatMap { $0.isEmpty ? nil : $0 },
      source: "profile \(profile) of \(path)")
  }
}
