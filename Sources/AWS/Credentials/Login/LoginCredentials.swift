package import Clocks
internal import JSON
package import Outbound
internal import Secrets
internal import System

/// The credentials that `aws login` left for a profile's `login_session`, renewed at the sign-in service.
///
/// Source: botocore's LoginProvider. Safe to use from any thread.
package struct LoginCredentials {
  private let profile: String
  private let section: SharedConfiguration.Section?
  private let configuration: SharedConfiguration
  private let settings: UpstreamSettings
  private let environment: Environment
  private let transport: any HTTPTransport
  private let cache: SignInCache
  private let clock: any MomentClock

  /// `jitter` draws a number of at least 0 and less than 1.
  package init(
    profile: String, configuration: SharedConfiguration, settings: UpstreamSettings, environment: Environment,
    transport: any HTTPTransport, cache: SignInCache, clock: any MomentClock,
    jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
  ) {
    self.profile = profile
    section = configuration.profile(profile)
    self.configuration = configuration
    self.settings = settings
    self.environment = environment
    self.transport = RetryingTransport(
      transport, clock: clock, policy: RetryPolicy(environment: environment, section: section), jitter: jitter)
    self.cache = cache
    self.clock = clock
  }

  package func credentials() async throws(AWSError) -> AWSCredentials? {
    guard let name = section?.text("login_session") else { return nil }
    let (session, stamp) = try cachedSession(name)
    guard session.needsRenewal(at: clock.now.wall) else { return session.credentials }
    do {
      return try await renew(session, name, over: stamp).credentials
    } catch {
      // `aws` may have renewed it meanwhile; and what still lives outlasts an outage.
      let (current, currentStamp) = try cachedSession(name)
      let isDefinite = currentStamp == stamp && error.reason == .noCredentials
      guard current.isLive(at: clock.now.wall), !isDefinite else {
        throw error.within("profile \(profile)")
      }
      return current.credentials
    }
  }

  private func path(ofSession name: String) -> String { Self.path(ofSession: name, environment) }

  /// The AWS CLI's file for a session.
  static func path(ofSession name: String, _ environment: Environment) -> String {
    let directory = environment["AWS_LOGIN_CACHE_DIRECTORY"] ?? "~/.aws/login/cache"
    return PathExpansion.expand(directory, environment) + "/\(Digest.hexadecimal(of: name)).json"
  }

  private func cachedSession(
    _ name: String
  ) throws(AWSError) -> (session: LoginSession, stamp: FileStamp) {
    let path = path(ofSession: name)
    guard let entry = try cache.read(path) else {
      throw AWSError(
        .noCredentials, "profile \(profile): there is no session for login_session \(name) (\(path)): run aws login")
    }
    let session = try LoginSession(
      entry.json, path: path, source: "login_session of profile \(profile)", lineage: entry.lineage)
    return (session, entry.stamp)
  }

  /// `CreateOAuth2Token` of https://docs.aws.amazon.com/signin/latest/APIReference/API_CreateOAuth2Token.html.
  private func renew(
    _ session: LoginSession, _ name: String, over stamp: FileStamp
  ) async throws(AWSError) -> LoginSession {
    let request = try renewalRequest(session)
    let response: TransportResponse
    do {
      response = try await transport.send(request)
    } catch {
      throw AWSError(unreached: "the sign-in service", error)
    }
    guard response.status == 200 else { throw Self.refusal(response) }
    guard let answer = try? SecretJSON(parsing: response.body),
      let text = session.renewedFile(answer, now: clock.now.wall)
    else { throw AWSError(.badResponse, "the answer of the sign-in service is not complete: run aws login") }
    try cache.write(text, to: path(ofSession: name), over: stamp)
    return try cachedSession(name).session
  }

  private func renewalRequest(_ session: LoginSession) throws(AWSError) -> TransportRequest {
    let endpoint = try SignInService.signIn.url(
      region: try region(), environment: environment, section: section, configuration: configuration)
    let url = endpoint + "/v1/token"
    let identifier = RandomBytes.uuid()
    guard
      let proof = DPoPKey(pem: session.dpopKey)?
        .proof(url: url, issuedAt: clock.now.wall / 1000, identifier: identifier)
    else { throw AWSError(.noCredentials, "the cached dpopKey is no P-256 key in PEM: run aws login") }
    return TransportRequest(
      method: "POST", url: url,
      fields: [("Content-Type", Secret("application/json")), ("DPoP", Secret(proof))],
      body: unsafe session.renewalRequest.withUnsafeBytes { unsafe Array($0) }, caBundle: section?.caBundle,
      operation: .createOAuth2Token)
  }

  private func region() throws(AWSError) -> Region {
    let name =
      settings.region ?? environment.nonEmpty("AWS_REGION") ?? environment.nonEmpty("AWS_DEFAULT_REGION")
      ?? section?.text("region")
    guard let name else {
      throw AWSError(.noCredentials, "login_session needs a region: set --region, AWS_REGION or region of the profile")
    }
    do { return try Region(name) } catch { throw error.changed(reason: .noCredentials) }
  }

  private static func refusal(_ response: TransportResponse) -> AWSError {
    let error = ServiceError(response, from: "the sign-in service")
    // The modelled codes come in the member `error`, beside AWS's own in the header.
    switch (try? SecretJSON(parsing: response.body))?["error"]?.string {
    case "TOKEN_EXPIRED", "USER_CREDENTIALS_CHANGED":
      return AWSError(.noCredentials, "the session has expired or its credentials have changed: run aws login")
    case "INSUFFICIENT_PERMISSIONS":
      return AWSError(.noCredentials, "the permission for signin:CreateOAuth2Token is missing")
    default:
      return AWSError(refused: "the session was not renewed: \(error.name): \(error.message)", error)
    }
  }
}
