package import Clocks
package import Outbound
internal import Secrets
internal import System

/// `GetFederationToken` of Amazon Connect: signed, rate-limited, retried.
///
/// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_GetFederationToken.html. Safe to use from any
/// thread.
package final class ConnectFederation: Sendable {
  let settings: UpstreamSettings
  let environment: Environment
  private let files: SharedConfigFiles
  let credentials: CredentialResolver
  let client: ServiceClient

  /// `jitter` draws a number of at least 0 and less than 1.
  package init(
    settings: UpstreamSettings, environment: Environment, files: SharedConfigFiles, credentials: CredentialResolver,
    transport: any HTTPTransport, rateLimit: any RateLimiting, clock: any MomentClock,
    jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
  ) {
    self.settings = settings
    self.environment = environment
    self.files = files
    self.credentials = credentials
    client = ServiceClient(transport: transport, rateLimit: rateLimit, clock: clock, jitter: jitter)
  }

  /// Fetches a token of an instance, with retries.
  ///
  /// Ends soon, with any error, once the calling task is cancelled.
  ///
  /// - Parameters:
  ///   - instanceID: A UUID or an ARN, 1 to 100 characters.
  ///   - region: The name of the region to call.
  ///   - identity: Whose credentials sign.
  ///   - endpointURL: The instance's own endpoint, if it has one.
  ///   - priority: Which call goes first when the rate limit makes calls wait; it may rise meanwhile.
  package func token(
    instanceID: String, region: String, identity: Identity, endpointURL: String?,
    priority: @escaping CallUrgency
  ) async throws(AWSError) -> FetchedToken {
    let path = try Self.path(instanceID: instanceID)
    let (endpoint, section) = try target(region: region, identity, endpointURL: endpointURL)
    var policy = RetryPolicy(environment: environment, section: section)
    // The cache's pause follows a throttled fetch: three attempts of each daemon of a fleet would only be refused.
    policy.repeatsThrottledCalls = false
    let call = ServiceCall<FetchedToken>(
      service: .connect, operation: .getFederationToken, endpoint: endpoint, policy: policy, method: "GET", path: path,
      form: Secret(""), rateLimitKey: region, priority: priority, caBundle: section?.caBundle,
      decode: FederationAnswer.decode)
    let signer = settings.signsRequests ? try await credentials.credentials(for: identity) : nil
    do throws(AWSError) {
      var (token, sentAt) = try await client.sendTimed(call, signedBy: signer) {
        (former) async throws(AWSError) in
        try await credentials.credentials(for: identity, replacing: former)
      }
      token.sentAt = sentAt
      return token
    } catch {
      throw namingUser(error, of: identity)
    }
  }

  /// Returns whose token a call would fetch: the caller's own ARN, and the address that would be called.
  package func caller(
    region: String, identity: Identity, endpointURL: String?
  ) async throws(AWSError) -> (arn: String, endpoint: String) {
    let (endpoint, _) = try target(region: region, identity, endpointURL: endpointURL)
    return (try await credentials.callerARN(of: identity), endpoint.url(path: ""))
  }

  /// Adds to a `UserNotFoundException` which user was asked for: the one whose name is the session name.
  private func namingUser(_ error: AWSError, of identity: Identity) -> AWSError {
    guard case .service(_, "UserNotFoundException") = error.reason else { return error }
    let name = credentials.sessionName(for: identity).map { "\"\($0)\"" }
    return error.changed(advice: "asked for the user whose name is \(name ?? "the credentials' own session name")")
  }

  /// The operation's path.
  ///
  /// The instance id is one segment: `:` and `/` of an ARN are encoded.
  ///
  /// Throws if the id is not 1 to 100 characters long, or is a dot segment, which proxies resolve.
  package static func path(instanceID: String) throws(AWSError) -> String {
    guard 1...100 ~= instanceID.unicodeScalars.count, instanceID != ".", instanceID != ".." else {
      throw AWSError(
        .service(status: 400, code: "InvalidParameterException"),
        "an instance id is 1 to 100 characters long, and not . or ..")
    }
    return "/user/federate/\(PercentEncoding.encode(instanceID))"
  }

  func target(
    region: String, _ identity: Identity, endpointURL: String?
  ) throws(AWSError) -> (Endpoint, SharedConfiguration.Section?) {
    let configuration = try files.load()
    let profile = ProfileName(identity: identity, settings: settings, environment: environment)
    try configuration.requireProfile(profile)
    let section = configuration.profile(profile.name)
    var settings = settings
    settings.endpointURL = endpointURL ?? settings.endpointURL
    let endpoint = try Endpoint.resolve(
      region: try Region(region), settings: settings, environment: environment, section: section,
      configuration: configuration)
    return (endpoint, section)
  }
}
