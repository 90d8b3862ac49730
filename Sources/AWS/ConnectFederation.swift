package import Clocks
package import Outbound
internal import Secrets
internal import System
package import TokenBroker

/// `GetFederationToken` of Amazon Connect: signed, rate-limited, retried.
///
/// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_GetFederationToken.html. Safe to use from any
/// thread.
package final class ConnectFederation: TokenSource {
  private let settings: UpstreamSettings
  private let environment: Environment
  private let files: SharedConfigFiles
  private let credentials: CredentialResolver
  private let client: ServiceClient

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

  package func fetch(_ key: TokenKey, priority: FetchPriority) async throws(TokenSourceError) -> FetchedToken {
    let path = try Self.path(instanceID: key.instanceID)
    let (endpoint, policy) = try target(key)
    let call = ServiceCall<FetchedToken>(
      service: .connect, operation: .getFederationToken, endpoint: endpoint, policy: policy, method: "GET", path: path,
      form: Secret(""),
      rateLimitKey: key.region, priority: priority, decode: FederationAnswer.decode)
    let signer = settings.signsRequests ? try await credentials.credentials(for: key.identity) : nil
    var (token, sentAt) = try await client.sendTimed(call, signedBy: signer) {
      (former) async throws(TokenSourceError) in
      try await credentials.credentials(for: key.identity, replacing: former)
    }
    token.sentAt = sentAt
    return token
  }

  /// The operation's path.
  ///
  /// The instance id is one segment: `:` and `/` of an ARN are encoded.
  ///
  /// Throws where the id is not 1 to 100 characters long, or is a dot segment, which proxies resolve.
  package static func path(instanceID: String) throws(TokenSourceError) -> String {
    guard 1...100 ~= instanceID.unicodeScalars.count, instanceID != ".", instanceID != ".." else {
      throw TokenSourceError(
        .service(status: 400, code: "InvalidParameterException"),
        "an instance id is 1 to 100 characters long, and not . or ..")
    }
    return "/user/federate/\(PercentEncoding.encode(instanceID))"
  }

  private func target(_ key: TokenKey) throws(TokenSourceError) -> (Endpoint, RetryPolicy) {
    let configuration: SharedConfiguration
    let profile = ProfileName(identity: key.identity, settings: settings, environment: environment)
    do {
      configuration = try files.load()
      try configuration.requireProfile(profile)
    } catch {
      throw TokenSourceError(error)
    }
    let section = configuration.profile(profile.name)
    var settings = settings
    settings.endpointURL = key.endpointURL ?? settings.endpointURL
    let endpoint = try Endpoint.resolve(
      region: try Region(key.region), settings: settings, environment: environment, section: section,
      configuration: configuration)
    return (endpoint, RetryPolicy(environment: environment, section: section))
  }
}
