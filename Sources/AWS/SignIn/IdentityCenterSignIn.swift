package import Clocks
internal import JSON
package import Outbound
package import Secrets
internal import System
internal import Timestamps

/// Signs a person in to IAM Identity Center as `aws sso login` does, and keeps the token where the AWS CLI and every SDK
/// look for it.
///
/// Source: botocore's `SSOTokenFetcherAuth` and `SSOTokenFetcher` of AWS CLI 2, and
/// https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/. Safe to use from any thread.
package struct IdentityCenterSignIn: Sendable {
  /// What the profile signs in to.
  package let session: IdentityCenterSession
  private let profile: String
  private let configuration: SharedConfiguration
  private let environment: Environment
  private let transport: any HTTPTransport
  private let clock: any MomentClock

  /// Throws if the profile is not for IAM Identity Center.
  ///
  /// `jitter` draws a number of at least 0 and less than 1.
  package init(
    profile: String, configuration: SharedConfiguration, environment: Environment, transport: any HTTPTransport,
    clock: any MomentClock, jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
  ) throws(AWSError) {
    session = try IdentityCenterSession(profile: profile, configuration)
    self.profile = profile
    self.configuration = configuration
    self.environment = environment
    self.transport = RetryingTransport(
      transport, clock: clock,
      policy: RetryPolicy(environment: environment, section: configuration.profile(profile)), jitter: jitter)
    self.clock = clock
  }

  /// Whether a browser of this machine can bring the code back: the older form of a profile knows the device's way only.
  package var usesLoopback: Bool { session.name != nil }

  /// Returns how many seconds the sign-in that is kept still lives, rounded down; `nil` where there is none that does.
  ///
  /// One that can be renewed is, a quarter of an hour before: what has less has to be repeated by the person.
  package func remaining() -> Int? {
    guard let contents = try? FileContents(path: session.tokenPath(environment)),
      let json = try? SecretJSON(parsing: contents.bytes), let token = IdentityCenterToken(json)
    else { return nil }
    let left = token.expiration - clock.now.wall
    return left > 0 ? Int(left / 1000) : nil
  }

  /// Returns where the person signs in, to come back to a loopback address of that port.
  package func authorization(port: Int) async throws(AWSError) -> AuthorizationRequest {
    let registration = try await registration(for: .authorizationCode)
    let url = try url()
    let pathStart = url.firstRange(of: "://").flatMap { url[$0.upperBound...].firstIndex(of: "/") } ?? url.endIndex
    return AuthorizationRequest(
      registration, scopes: session.scopes, endpoint: String(url[..<pathStart]), port: port)
  }

  /// Exchanges the code that came back for a token, and keeps it.
  package func finish(_ request: AuthorizationRequest, code: Secret) async throws(AWSError) {
    let input = Secret(capacity: 2048) { text in
      text.append(json: "{\"clientId\":")
      text.appendJSON(string: request.registration.clientID)
      text.append(json: ",\"clientSecret\":")
      text.appendJSON(string: request.registration.clientSecret)
      text.append(json: ",\"grantType\":\"authorization_code\",\"code\":")
      text.appendJSON(string: code)
      text.append(json: ",\"redirectUri\":")
      text.appendJSON(string: request.redirectURI)
      text.append(json: ",\"codeVerifier\":")
      text.appendJSON(string: request.verifier)
      text.append(json: "}")
    }
    let response = try await send("/token", input, .createToken)
    guard response.status == 200 else { throw refusal(response) }
    try keep(response, request.registration)
  }

  /// Returns the code that the person enters, and where.
  package func deviceAuthorization() async throws(AWSError) -> DeviceAuthorization {
    let registration = try await registration(for: .device)
    let input = Secret(capacity: 1024) { text in
      text.append(json: "{\"clientId\":")
      text.appendJSON(string: registration.clientID)
      text.append(json: ",\"clientSecret\":")
      text.appendJSON(string: registration.clientSecret)
      text.append(json: ",\"startUrl\":")
      text.appendJSON(string: session.startURL)
      text.append(json: "}")
    }
    let response = try await send("/device_authorization", input, .startDeviceAuthorization)
    guard response.status == 200 else { throw refusal(response) }
    guard let answer = try? SecretJSON(parsing: response.body),
      let authorization = DeviceAuthorization(answer, registration, now: clock.now.wall)
    else { throw AWSError(.badResponse, "the answer of the OIDC service has no code for a person to enter") }
    return authorization
  }

  /// Waits until the person has entered the code, and keeps the token.
  package func finish(_ authorization: DeviceAuthorization) async throws(AWSError) {
    let input = Secret(capacity: 2048) { text in
      text.append(json: "{\"clientId\":")
      text.appendJSON(string: authorization.registration.clientID)
      text.append(json: ",\"clientSecret\":")
      text.appendJSON(string: authorization.registration.clientSecret)
      text.append(json: ",\"grantType\":\"urn:ietf:params:oauth:grant-type:device_code\",\"deviceCode\":")
      text.appendJSON(string: authorization.deviceCode)
      text.append(json: "}")
    }
    var interval = authorization.interval
    while clock.now.wall < authorization.end {
      let response = try await send("/token", input, .createToken)
      if response.status == 200 { return try keep(response, authorization.registration) }
      switch ServiceError(response, from: "the OIDC service").code {
      case "AuthorizationPendingException": break
      case "SlowDownException": interval += DeviceAuthorization.slowDown
      case "ExpiredTokenException": throw Self.tooLate
      default: throw refusal(response)
      }
      do { try await clock.pause(interval) } catch {
        throw AWSError(.shuttingDown, "the sign-in was interrupted")
      }
    }
    throw Self.tooLate
  }

  private static let tooLate = AWSError(.noCredentials, "nobody entered the code in time: sign in again")

  /// The registration that the AWS CLI and fedbroker share, or a new one where it is old or for another way.
  private func registration(for grant: ClientRegistration.Grant) async throws(AWSError) -> ClientRegistration {
    let path = ClientRegistration.path(session, environment)
    if let contents = try? FileContents(path: path), let json = try? SecretJSON(parsing: contents.bytes),
      let kept = ClientRegistration(json), kept.grant == grant, kept.isLive(at: clock.now.wall)
    {
      return kept
    }
    let input = ClientRegistration.request(session, grant, now: clock.now.wall / 1000)
    let response = try await send("/client/register", input, .registerClient)
    guard response.status == 200 else { throw refusal(response) }
    let answer = try? SecretJSON(parsing: response.body)
    guard let clientID = answer?["clientId"]?.string, let clientSecret = answer?["clientSecret"]?.secretString,
      let end = answer?["clientSecretExpiresAt"]?.number.flatMap(Timestamp.epochSeconds)
    else { throw AWSError(.badResponse, "the answer of the OIDC service has no registration") }
    let registration = ClientRegistration(
      clientID: clientID, clientSecret: clientSecret,
      expiration: Timestamp.rfc3339(seconds: Timestamp.wholeSeconds(end)), grant: grant)
    try write(registration.file(session), to: path)
    return registration
  }

  private func keep(_ response: TransportResponse, _ registration: ClientRegistration) throws(AWSError) {
    let answer = try? SecretJSON(parsing: response.body)
    guard let accessToken = answer?["accessToken"]?.secretString, !accessToken.isEmpty,
      let lifetime = answer?["expiresIn"]?.number.flatMap(Timestamp.epochSeconds), lifetime > 0
    else { throw AWSError(.badResponse, "the answer of the OIDC service has no token") }
    let token = IdentityCenterToken(
      accessToken: accessToken, expiration: clock.now.wall + lifetime,
      registration: IdentityCenterToken.Registration(
        clientID: registration.clientID, clientSecret: registration.clientSecret, expiration: registration.expiration),
      refreshToken: answer?["refreshToken"]?.secretString)
    try write(token.file(startURL: session.startURL, region: session.region), to: session.tokenPath(environment))
  }

  private func write(_ text: Secret, to path: String) throws(AWSError) {
    do {
      try PrivateFile.createDirectories(above: path)
      try PrivateFile.replace(path, with: text)
    } catch let error as FileError {
      throw AWSError(.noCredentials, "the sign-in cannot be kept: \(error.description)")
    } catch let error as SystemError {
      throw AWSError(.noCredentials, "the sign-in cannot be kept in \(path): \(error.reason)")
    } catch {
      throw AWSError(.noCredentials, "the sign-in cannot be kept in \(path)")
    }
  }

  private func refusal(_ response: TransportResponse) -> AWSError {
    let error = ServiceError(response, from: "the OIDC service")
    return AWSError(refused: "IAM Identity Center refused the sign-in: \(error.name): \(error.message)", error)
  }

  private func url() throws(AWSError) -> String {
    try SignInService.oidc.url(
      region: session.region, environment: environment, section: configuration.profile(profile),
      configuration: configuration)
  }

  private func send(
    _ path: String, _ input: Secret, _ operation: UpstreamOperation
  ) async throws(AWSError) -> TransportResponse {
    let request = TransportRequest(
      method: "POST", url: try url() + path, fields: [("Content-Type", Secret("application/json"))],
      body: unsafe input.withUnsafeBytes { unsafe Array($0) }, caBundle: configuration.profile(profile)?.caBundle,
      operation: operation)
    do { return try await transport.send(request) } catch {
      throw AWSError(unreached: "the OIDC service", error)
    }
  }
}
