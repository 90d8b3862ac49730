import AWS
import Configuration
import FederationBroker
import HTTPTypes
import JSON
import LocalHTTP
import Logging
import RefreshingCache
import Secrets
import TestSupport

@testable import LocalAPI

/// A service with its broker and no socket, asked as the server would ask it.
struct ServiceUnderTest {
  static let token = Secret("0123456789abcdef0123456789abcdef0123456789a")
  /// The secret of a further bearer token.
  static func token(named name: String) -> Secret { Secret("\(name)-0123456789abcdef0123456789abcdef") }
  static let tcp = Client(transport: .tcp)

  let clock = ManualClock()
  let broker: Broker<TokenContent>
  let metrics: Metrics
  let changes: TokenChanges
  let service: Service
  let admin: AdminService

  init(
    entries: [InstanceDirectory.Entry] = [], allowedOrigins: Set<String> = [], regionIsKnown: Bool = true,
    settings: CacheSettings = CacheSettings(), peers: PeerPolicy = PeerPolicy(), earliestSignature: Int64? = nil,
    tokens: [String] = [], rules: [AccessRules.Rule]? = nil, audit: Configuration.Audit = .none,
    findings: [Finding] = [], source: any TokenSource
  ) {
    let metrics = Metrics()
    let changes = TokenChanges(clock: clock)
    let broker = Broker<TokenContent>(
      source: source, clock: clock, settings: settings,
      observe: { event in
        metrics.count(event)
        changes.note(event)
      }, makePayload: TokenContent.init)
    self.changes = changes
    let directory = InstanceDirectory(
      entries: entries,
      unlistedKey: { id in
        regionIsKnown ? TokenKey(instanceID: id, region: "us-east-1", identity: Identity()) : nil
      },
      isSelected: { key, selector in selector == .profile(key.identity.profile ?? "default") },
      diagnose: { _ in findings })
    var policy = AccessGuard.Policy()
    policy.allowedOrigins = allowedOrigins
    policy.peers = peers
    self.broker = broker
    self.metrics = metrics
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let metricsPage = MetricsPage(metrics: metrics, broker: broker) {
      MetricsPage.Connections(open: 3, rejected: 1, strangersMemory: 4096)
    }
    service = Service(
      metricsPage: metricsPage, clock: clock, changes: changes,
      state: ServingState(
        accessGuard: AccessGuard(policy: policy),
        tokens: BearerTokens(
          [BearerToken("fedbroker", Self.token, earliestSignature: earliestSignature)]
            + tokens.map { BearerToken($0, Self.token(named: $0)) }),
        rules: rules.map { AccessRules($0, owner: 1) }, audit: audit, directory: directory, effective: .defaults),
      logger: logger)
    admin = AdminService(service)
    service.auditLog.configure(audit.destination)
    broker.setWarm(directory.warmKeys)
  }

  /// With a source that answers each call with the next token.
  static func answering(
    entries: [InstanceDirectory.Entry] = [], allowedOrigins: Set<String> = [], peers: PeerPolicy = PeerPolicy(),
    earliestSignature: Int64? = nil, tokens: [String] = [], rules: [AccessRules.Rule]? = nil,
    audit: Configuration.Audit = .none,
    _ token: @escaping @Sendable (TokenKey) -> FederationToken = { _ in Self.federationToken() }
  ) -> ServiceUnderTest {
    ServiceUnderTest(
      entries: entries, allowedOrigins: allowedOrigins, peers: peers, earliestSignature: earliestSignature,
      tokens: tokens, rules: rules, audit: audit,
      source: StubTokenSource { (key, _) in
        FetchedToken(token: token(key), upstreamDate: nil, requestID: "11111111-2222-3333-4444-555555555555")
      })
  }

  /// With a source whose every call fails.
  static func failing(_ error: AWSError) -> ServiceUnderTest {
    ServiceUnderTest(source: StubTokenSource { (_, _) async throws(AWSError) in throw error })
  }

  /// The manual clock starts at 1,795,478,400 s.
  static func federationToken(lifetime: Int64 = 900, accessToken: String = "access-token") -> FederationToken {
    func time(_ seconds: Int64) -> FederationToken.Expiration {
      FederationToken.Expiration(wireText: "\(seconds).0", milliseconds: seconds * 1000)
    }
    return FederationToken(
      accessToken: Secret(accessToken), accessTokenExpiration: time(1_795_478_400 + lifetime),
      refreshToken: Secret("refresh-token"), refreshTokenExpiration: time(1_795_478_400 + 43_200),
      signInURL: Secret("https://demo.example/sign-in"), userARN: "arn:aws:connect:us-east-1:1:instance/i/agent/a",
      userID: "user-id")
  }

  static func entry(_ alias: String, id: String, profile: String? = nil, warm: Bool = false) -> InstanceDirectory.Entry
  {
    InstanceDirectory.Entry(
      alias: alias, isWarm: warm,
      key: TokenKey(instanceID: id, region: "us-east-1", identity: Identity(profile: profile)), instanceID: id)
  }

  /// Asks with the token, unless `fields` have an Authorization of their own or `hasToken` is false.
  func ask(
    _ method: HTTPRequest.Method, _ target: String, fields: HTTPFields = [:], hasToken: Bool = true,
    from client: Client = tcp, of handler: (any RequestHandler)? = nil
  ) async throws -> Response {
    var fields = fields
    if hasToken, !fields.contains(.authorization) { fields[.authorization] = "Bearer \(Self.token.exposed)" }
    let request = try Request(method: method, target: target, fields: fields)
    return try await Self.response(of: (handler ?? service).answer(request, from: client))
  }

  static func response(of answer: Answer) async throws -> Response {
    switch answer {
    case .now(let response), .refused(let response): return response
    case .later(let work), .lasting(let work): return await work()
    case .abort: throw Aborted()
    }
  }

  struct Aborted: Error {}
}

extension Response {
  var text: String { content?.bytes.exposed ?? "" }

  var json: JSONValue? { try? JSONValue(parsing: text) }

  /// The `code` of an error answer.
  var code: String? { json?["code"]?.string }
}
