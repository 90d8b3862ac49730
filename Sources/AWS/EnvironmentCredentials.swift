package import Clocks
internal import Secrets
internal import Timestamps
internal import TokenBroker

/// `AWS_ACCESS_KEY_ID` and what belongs to it.
package struct EnvironmentCredentials: CredentialProvider {
  private let environment: Environment
  private let now: Moment

  package init(_ environment: Environment, now: Moment) {
    self.environment = environment
    self.now = now
  }

  package func credentials() throws(CredentialError) -> AWSCredentials? {
    guard let accessKeyID = environment.nonEmpty("AWS_ACCESS_KEY_ID") else { return nil }
    guard let secret = environment.nonEmpty("AWS_SECRET_ACCESS_KEY") else {
      throw CredentialError("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not")
    }
    // botocore looks at the older name first.
    let token = environment.nonEmpty("AWS_SECURITY_TOKEN") ?? environment.nonEmpty("AWS_SESSION_TOKEN")
    return AWSCredentials(
      accessKeyID: accessKeyID, secretAccessKey: Secret(secret), sessionToken: token.map { Secret($0) },
      expiration: try expiration(), source: "environment variables")
  }

  private func expiration() throws(CredentialError) -> Int64? {
    guard let text = environment.nonEmpty("AWS_CREDENTIAL_EXPIRATION") else { return nil }
    guard let expiration = Timestamp.milliseconds(text) else {
      throw CredentialError("AWS_CREDENTIAL_EXPIRATION is not a time")
    }
    guard expiration > now.wall else {
      throw CredentialError("the credentials of the environment variables have expired (AWS_CREDENTIAL_EXPIRATION)")
    }
    return expiration
  }
}
