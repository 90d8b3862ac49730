internal import Clocks
internal import Outbound
internal import Secrets
internal import Timestamps

/// AWS STS, over the query protocol, as one profile calls it.
///
/// Source: https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html.
package struct SecurityTokenService: Sendable {
  private let client: ServiceClient
  private let endpoint: Endpoint
  private let policy: RetryPolicy
  private let caBundle: String?

  /// - Parameters:
  ///   - client: Shared by all profiles, since the quota is the account's.
  ///   - settings, environment, profile, configuration: Where region, endpoint and retries are looked for.
  ///
  /// Throws `.noRegion` if the configured region or endpoint is not valid.
  init(
    client: ServiceClient, settings: UpstreamSettings, environment: Environment, profile: String,
    configuration: SharedConfiguration
  ) throws(AWSError) {
    let section = configuration.profile(profile)
    let region =
      settings.region ?? environment.nonEmpty("AWS_REGION") ?? environment.nonEmpty("AWS_DEFAULT_REGION")
      ?? section?.text("region")
    self.client = client
    // Without a region STS still has its global endpoint, as in botocore.
    endpoint = try Endpoint.resolve(
      service: .sts, region: try Region(region.flatMap { $0.isEmpty ? nil : $0 } ?? "aws-global"), settings: settings,
      environment: environment, section: section, configuration: configuration)
    policy = RetryPolicy(environment: environment, section: section)
    caBundle = section?.caBundle
  }

  /// AssumeRole.
  ///
  /// `renew` gives newer credentials where AWS calls the source's too old.
  func assume(
    _ role: AssumedRole, signedBy source: AWSCredentials,
    renew: (AWSCredentials) async throws(AWSError) -> AWSCredentials
  ) async throws(AWSError) -> TemporaryCredentials {
    var form = form(.assumeRole)
    form.set("RoleArn", role.roleARN)
    form.set("RoleSessionName", role.sessionName)
    form.set("DurationSeconds", role.duration.map { String($0) })
    form.set("ExternalId", role.externalID)
    return try await client.send(
      call(.assumeRole, form) { (response, time) throws(AWSError) in
        try TemporaryCredentials(response, time, result: "AssumeRoleResult")
      }, signedBy: source, renew: renew)
  }

  /// AssumeRoleWithWebIdentity, which the token itself proves: the call is not signed.
  func assume(
    _ role: AssumedRole, webIdentityToken: Secret
  ) async throws(AWSError) -> TemporaryCredentials {
    var form = form(.assumeRoleWithWebIdentity)
    form.set("RoleArn", role.roleARN)
    form.set("RoleSessionName", role.sessionName)
    form.set("WebIdentityToken", webIdentityToken)
    return try await client.send(
      call(.assumeRoleWithWebIdentity, form) { (response, time) throws(AWSError) in
        try TemporaryCredentials(response, time, result: "AssumeRoleWithWebIdentityResult")
      }, signedBy: nil, renew: { $0 })
  }

  /// GetCallerIdentity, which needs no permission.
  func callerIdentity(of credentials: AWSCredentials) async throws(AWSError) -> CallerIdentity {
    try await client.send(
      call(
        .getCallerIdentity, form(.getCallerIdentity),
        decode: { (response, _) throws(AWSError) in try CallerIdentity(response) }),
      signedBy: credentials,
      renew: { $0 })
  }

  private func form(_ operation: UpstreamOperation) -> QueryForm {
    QueryForm(action: operation.rawValue, version: "2011-06-15")
  }

  private func call<Value>(
    _ operation: UpstreamOperation, _ form: QueryForm,
    decode: @escaping @Sendable (TransportResponse, AnswerTime) throws(AWSError) -> Value
  ) -> ServiceCall<Value> {
    ServiceCall(
      service: .sts, operation: operation, endpoint: endpoint, policy: policy, method: "POST",
      path: endpoint.basePath.isEmpty ? "/" : "",
      form: form.encoded,
      rateLimitKey: endpoint.signingRegion, priority: { .miss }, caBundle: caBundle, decode: decode)
  }
}

/// Who AWS says that the holder of some credentials is.
package struct CallerIdentity: Sendable, Equatable {
  package let arn: String
  package let userID: String
}

/// What a source of temporary credentials gives.
struct TemporaryCredentials: Sendable {
  let accessKeyID: String
  let secretAccessKey: Secret
  let sessionToken: Secret
  /// Epoch milliseconds by our clock.
  let expiration: Int64
}

extension CallerIdentity {
  init(_ response: TransportResponse) throws(AWSError) {
    let result = try STSResult(response, "GetCallerIdentityResult")
    arn = try result.string("Arn")
    userID = try result.string("UserId")
  }
}

extension TemporaryCredentials {
  /// Reads the answers of AssumeRole and AssumeRoleWithWebIdentity.
  ///
  /// The expiration is moved by what AWS's clock differs from ours, so that a wrong clock of ours makes no difference to the
  /// life of the credentials.
  init(_ response: TransportResponse, _ time: AnswerTime, result name: String) throws(AWSError) {
    let result = try STSResult(response, name)
    accessKeyID = try result.string("Credentials/AccessKeyId")
    secretAccessKey = try result.secret("Credentials/SecretAccessKey")
    sessionToken = try result.secret("Credentials/SessionToken")
    guard let expiration = Timestamp.milliseconds(try result.string("Credentials/Expiration")) else {
      throw result.error("has an Expiration that is not a time")
    }
    self.expiration = time.onOurClock(expiration)
  }
}

/// The element of an answer that holds what the operation returns.
private struct STSResult {
  private let body: SecretXML
  private let name: String
  private let requestID: String?

  init(_ response: TransportResponse, _ name: String) throws(AWSError) {
    do {
      body = try SecretXML(parsing: response.body)
    } catch {
      throw AWSError(.badResponse, "AWS STS's answer is not the XML expected")
    }
    self.name = name
    requestID = body.string("ResponseMetadata/RequestId")
  }

  func secret(_ path: String) throws(AWSError) -> Secret {
    guard let value = body.secret("\(name)/\(path)"), !value.isEmpty else { throw error("has no \(path)") }
    return value
  }

  func string(_ path: String) throws(AWSError) -> String {
    try secret(path).exposed
  }

  func error(_ reason: String) -> AWSError {
    AWSError(.badResponse, "AWS STS's answer \(reason)", requestID: requestID)
  }
}
