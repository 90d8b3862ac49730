package import Clocks
internal import JSON
package import Outbound
internal import Secrets
internal import System
internal import Timestamps

/// A role's credentials from IAM Identity Center, for the token that `aws sso login` left.
///
/// Source: botocore's SSOProvider and SSOTokenProvider. Safe to use from any thread.
package struct IdentityCenterCredentials {
  private let profile: String
  private let configuration: SharedConfiguration
  private let environment: Environment
  private let transport: any HTTPTransport
  private let cache: SignInCache
  private let clock: any MomentClock

  /// `jitter` draws a number of at least 0 and less than 1.
  package init(
    profile: String, configuration: SharedConfiguration, environment: Environment, transport: any HTTPTransport,
    cache: SignInCache, clock: any MomentClock, jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
  ) {
    self.profile = profile
    self.configuration = configuration
    self.environment = environment
    self.transport = RetryingTransport(
      transport, clock: clock,
      policy: RetryPolicy(environment: environment, section: configuration.profile(profile)), jitter: jitter)
    self.cache = cache
    self.clock = clock
  }

  package func credentials() async throws(AWSError) -> AWSCredentials? {
    guard let settings = try IdentityCenterProfile(profile, configuration) else { return nil }
    let cached = try cachedToken(settings)
    return try await roleCredentials(settings, try await renewed(cached, settings))
  }

  private typealias CachedToken = (token: IdentityCenterToken, entry: SignInCache.Entry)

  /// The cached token, or a newer one where it is old.
  private func renewed(
    _ cached: CachedToken, _ settings: IdentityCenterProfile
  ) async throws(AWSError) -> CachedToken {
    guard settings.session != nil, let renewal = cached.token.renewal(at: clock.now.wall) else {
      return try requireLive(cached, settings)
    }
    let failure: AWSError
    do {
      let renewed = try await renew(renewal, settings)
      try cache.write(
        renewed.file(startURL: settings.startURL, region: settings.region), to: settings.cachePath(environment),
        over: cached.entry.stamp)
      return (renewed, cached.entry)
    } catch {
      failure = error
    }
    // `aws` may have renewed it meanwhile, which ends the refresh token that was used here.
    return try requireLive(try cachedToken(settings), settings, failure)
  }

  private func cachedToken(_ settings: IdentityCenterProfile) throws(AWSError) -> CachedToken {
    let path = settings.cachePath(environment)
    guard let entry = try cache.read(path) else {
      throw AWSError(.noCredentials, "no token is cached for \(settings.name) (\(path)): \(settings.mend)")
    }
    guard let token = IdentityCenterToken(entry.json) else {
      throw AWSError(.noCredentials, "\(path) holds no token for \(settings.name): \(settings.mend)")
    }
    return (token, entry)
  }

  private func requireLive(
    _ cached: CachedToken, _ settings: IdentityCenterProfile, _ failure: AWSError? = nil
  ) throws(AWSError) -> CachedToken {
    guard cached.token.isLive(at: clock.now.wall) else {
      let end = Timestamp.rfc3339(seconds: Timestamp.wholeSeconds(cached.token.expiration))
      let reason = failure.map { " (\($0.message))" } ?? ""
      // An outage of the renewal may pass; nothing else does without the person.
      throw AWSError(
        failure?.reason ?? .noCredentials,
        "token cached for \(settings.name) expired at \(end)\(reason): \(settings.mend)")
    }
    return cached
  }

  /// `CreateToken` of https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html.
  private func renew(
    _ renewal: IdentityCenterToken.Renewal, _ settings: IdentityCenterProfile
  ) async throws(AWSError) -> IdentityCenterToken {
    let request = TransportRequest(
      method: "POST", url: try url(.oidc, settings) + "/token",
      fields: [("Content-Type", Secret("application/json"))],
      body: unsafe renewal.request.withUnsafeBytes { unsafe Array($0) }, operation: .createToken)
    let response = try await send(request, settings)
    guard response.status == 200 else {
      let error = ServiceError(response, from: "the OIDC service")
      throw AWSError(refused: "its renewal was refused with \(error.name)", error)
    }
    guard let answer = try? SecretJSON(parsing: response.body),
      let renewed = IdentityCenterToken.renewed(answer, renewal, now: clock.now.wall)
    else { throw AWSError(.badResponse, "the answer to its renewal has no token") }
    return renewed
  }

  /// `GetRoleCredentials` of https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html.
  private func roleCredentials(
    _ settings: IdentityCenterProfile, _ cached: CachedToken
  ) async throws(AWSError) -> AWSCredentials {
    let role = PercentEncoding.encode(settings.roleName)
    let account = PercentEncoding.encode(settings.accountID)
    let request = TransportRequest(
      method: "GET",
      url: try url(.portal, settings) + "/federation/credentials?role_name=\(role)&account_id=\(account)",
      fields: [("x-amz-sso_bearer_token", cached.token.accessToken)], operation: .getRoleCredentials)
    let response = try await send(request, settings)
    guard response.status != 401 else {
      throw AWSError(
        .noCredentials, "IAM Identity Center refused the token cached for \(settings.name): \(settings.mend)")
    }
    guard response.status == 200 else {
      let error = ServiceError(response, from: "IAM Identity Center")
      throw AWSError(
        refused: "profile \(profile): no credentials of role \(settings.roleName) in account \(settings.accountID): "
          + "\(error.name): \(error.message)", error)
    }
    let answer = (try? SecretJSON(parsing: response.body))?["roleCredentials"]
    guard let accessKeyID = answer?["accessKeyId"]?.string, let secret = answer?["secretAccessKey"]?.secretString,
      let sessionToken = answer?["sessionToken"]?.secretString
    else {
      throw AWSError(.badResponse, "profile \(profile): the answer of IAM Identity Center has no credentials")
    }
    guard let expiration = answer?["expiration"]?.number.flatMap(Timestamp.epochMilliseconds) else {
      throw AWSError(
        .badResponse, "profile \(profile): the answer of IAM Identity Center has an expiration that is not a time")
    }
    return AWSCredentials(
      accessKeyID: accessKeyID, secretAccessKey: secret, sessionToken: sessionToken, expiration: expiration,
      source: "\(settings.name) of profile \(profile)",
      lineage: "\(cached.entry.lineage)/\(settings.accountID)/\(settings.roleName)")
  }

  private func url(_ service: SignInService, _ settings: IdentityCenterProfile) throws(AWSError) -> String {
    try service.url(
      region: settings.region, environment: environment, section: configuration.profile(profile),
      configuration: configuration)
  }

  private func send(
    _ request: TransportRequest, _ settings: IdentityCenterProfile
  ) async throws(AWSError) -> TransportResponse {
    var request = request
    request.caBundle = configuration.profile(profile)?.caBundle
    do {
      return try await transport.send(request)
    } catch {
      throw AWSError(unreached: "IAM Identity Center of \(settings.name)", error)
    }
  }
}
