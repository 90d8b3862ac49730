import AWS
import Outbound
import Secrets
import Synchronization
import TestSupport

/// A rate limit that admits everything, until told otherwise, and writes down what it is told.
final class RecordingRateLimit: RateLimiting {
  private let log = Mutex<[String]>([])
  private let refusal: AWSError?

  init(refusal: AWSError? = nil) { self.refusal = refusal }

  var events: [String] { log.withLock { $0 } }

  func admit(region: String, priority: @escaping CallUrgency) async throws(AWSError) {
    log.withLock { $0.append("admit \(region) \(priority())") }
    if let refusal { throw refusal }
  }

  func throttled(region: String) {
    log.withLock { $0.append("throttled \(region)") }
  }

  func succeeded(region: String) { log.withLock { $0.append("succeeded \(region)") } }
}

/// An answer of the operation, with a member that nobody knows.
let goodBody = """
  {"Credentials":{"AccessToken":"at","AccessTokenExpiration":1.732465E9,"RefreshToken":"rt",\
  "RefreshTokenExpiration":1732490000.5},"SignInUrl":"https://x/","UserArn":"arn:u","UserId":"u","New":[{}]}
  """

/// `ConnectFederation` with its surroundings stubbed: what upstream answers is scripted, the clock stands still.
struct FederationFixture: Sendable {
  let clock = StepClock()
  let rateLimit: RecordingRateLimit
  let profile: CredentialFixture
  let transport: StubTransport
  let federation: ConnectFederation
  let key = TokenTarget(instanceID: "i-1", region: "us-west-2", identity: Identity())

  init(
    answers: [StubTransport.Answer] = [], environment: [String: String] = [:],
    rateLimit: RecordingRateLimit = RecordingRateLimit(), signs: Bool = true
  ) {
    self.rateLimit = rateLimit
    profile = CredentialFixture(
      credentials: "[default]\naws_access_key_id = A\naws_secret_access_key = s\naws_session_token = the-token\n",
      environment: environment)
    transport = StubTransport(answers)
    var settings = UpstreamSettings()
    settings.signsRequests = signs
    federation = ConnectFederation(
      settings: settings, environment: profile.environment, files: profile.files, credentials: profile.resolver,
      transport: transport, rateLimit: rateLimit, clock: clock, jitter: { 0.5 })
  }

  /// The same, over another transport.
  func federation(over transport: some HTTPTransport) -> ConnectFederation {
    ConnectFederation(
      settings: UpstreamSettings(), environment: profile.environment, files: profile.files,
      credentials: profile.resolver, transport: transport, rateLimit: rateLimit, clock: clock)
  }

  func fetch() async throws -> FetchedToken { try await federation.fetch(key, priority: { .miss }) }

  func failure() async -> AWSError? {
    do {
      _ = try await federation.fetch(key, priority: { .miss })
      return nil
    } catch {
      return error
    }
  }
}

/// A token to ask for.
struct TokenTarget: Hashable {
  let instanceID: String
  let region: String
  let identity: Identity
}

extension ConnectFederation {
  func fetch(_ target: TokenTarget, priority: @escaping CallUrgency) async throws(AWSError) -> FetchedToken {
    try await token(
      instanceID: target.instanceID, region: target.region, identity: target.identity, endpointURL: nil,
      priority: priority)
  }
}
