internal import Clocks
internal import Secrets
internal import Timestamps

extension AWSCredentials {
  /// `AWS_ACCESS_KEY_ID` and what belongs to it; `nil` if it is not set.
  init?(_ environment: Environment, now: Moment) throws(AWSError) {
    guard let accessKeyID = environment.nonEmpty("AWS_ACCESS_KEY_ID") else { return nil }
    guard let secret = environment.nonEmpty("AWS_SECRET_ACCESS_KEY") else {
      throw AWSError(.noCredentials, "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not")
    }
    // botocore looks at the older name first.
    let token = environment.nonEmpty("AWS_SECURITY_TOKEN") ?? environment.nonEmpty("AWS_SESSION_TOKEN")
    self.init(
      accessKeyID: accessKeyID, secretAccessKey: Secret(secret), sessionToken: token.map { Secret($0) },
      expiration: try Self.expiration(environment, now: now), source: "environment variables")
  }

  private static func expiration(_ environment: Environment, now: Moment) throws(AWSError) -> Int64? {
    guard let text = environment.nonEmpty("AWS_CREDENTIAL_EXPIRATION") else { return nil }
    guard let expiration = Timestamp.milliseconds(text) else {
      throw AWSError(.noCredentials, "AWS_CREDENTIAL_EXPIRATION is not a time")
    }
    guard expiration > now.wall else {
      throw AWSError(
        .noCredentials, "the credentials of the environment variables have expired (AWS_CREDENTIAL_EXPIRATION)")
    }
    return expiration
  }

  /// `aws_access_key_id` and what belongs to it, in a profile as one of the two files has it; `nil` if it has none.
  init?(profile: String, _ section: SharedConfiguration.Section, _ path: String) throws(AWSError) {
    guard let accessKeyID = section.text("aws_access_key_id") else { return nil }
    guard !accessKeyID.isEmpty else {
      throw AWSError(.noCredentials, "aws_access_key_id of profile \(profile) in \(path) is empty")
    }
    guard let secret = section.secret("aws_secret_access_key"), !secret.isEmpty else {
      throw AWSError(
        .noCredentials, "profile \(profile) in \(path) has aws_access_key_id, but no aws_secret_access_key")
    }
    // botocore looks at the older name first.
    let token = section.secret("aws_security_token") ?? section.secret("aws_session_token")
    self.init(
      accessKeyID: accessKeyID, secretAccessKey: secret, sessionToken: token.flatMap { $0.isEmpty ? nil : $0 },
      source: "profile \(profile) of \(path)")
  }
}
