import AWS
import Outbound
import Secrets
import Synchronization
import TestSupport
import Testing
import TokenBroker

/// A rate limit that admits everything, until told otherwise, and writes down what it is told.
private final class RecordingRateLimit: RateLimiting {
  private let log = Mutex<[String]>([])
  private let refusal: TokenSourceError?

  init(refusal: TokenSourceError? = nil) { self.refusal = refusal }

  var events: [String] { log.withLock { $0 } }

  func admit(region: String, priority: FetchPriority) async throws(TokenSourceError) {
    log.withLock { $0.append("admit \(region) \(priority)") }
    if let refusal { throw refusal }
  }

  func throttled(region: String) { log.withLock { $0.append("throttled \(region)") } }
  func succeeded(region: String) { log.withLock { $0.append("succeeded \(region)") } }
}

private let goodBody = """
  {"Credentials":{"AccessToken":"at","AccessTokenExpiration":1.732465E9,"RefreshToken":"rt",\
  "RefreshTokenExpiration":1732490000.5},"SignInUrl":"https://x/","UserArn":"arn:u","UserId":"u","New":[{}]}
  """

struct ConnectFederationTests {
  private let clock = StepClock()
  private let rateLimit: RecordingRateLimit
  private let fixture: CredentialFixture
  private let transport: StubTransport
  private let federation: ConnectFederation
  private let key = TokenKey(instanceID: "i-1", region: "us-west-2", identity: Identity())

  init() { self.init(answers: []) }

  private init(
    answers: [StubTransport.Answer], environment: [String: String] = [:], rateLimit: RecordingRateLimit? = nil,
    signs: Bool = true
  ) {
    self.rateLimit = rateLimit ?? RecordingRateLimit()
    fixture = CredentialFixture(
      credentials: "[default]\naws_access_key_id = A\naws_secret_access_key = s\naws_session_token = the-token\n",
      environment: environment)
    transport = StubTransport(answers)
    var settings = UpstreamSettings()
    settings.signsRequests = signs
    federation = ConnectFederation(
      settings: settings, environment: fixture.environment, files: fixture.files, credentials: fixture.resolver,
      transport: transport, rateLimit: self.rateLimit, clock: clock, jitter: { 0.5 })
  }

  private func fetch() async throws -> FetchedToken { try await federation.fetch(key, priority: .normal) }

  private func failure() async -> TokenSourceError? {
    do {
      _ = try await federation.fetch(key, priority: .normal)
      return nil
    } catch {
      return error
    }
  }

  @Test func `The answer is decoded with its times as they were written`() async throws {
    let this = Self(answers: [
      .response(
        200, ["x-amzn-RequestId": "r-1", "Date": "Sun, 24 Nov 2024 16:00:01 GMT"], body: goodBody)
    ])
    let fetched = try await this.fetch()
    #expect(fetched.requestID == "r-1")
    #expect(fetched.upstreamDate == 1_732_464_001_000)
    #expect(
      fetched.token
        == FederationToken(
          accessToken: Secret("at"),
          accessTokenExpiration: .init(wireText: "1.732465E9", milliseconds: 1_732_465_000_000),
          refreshToken: Secret("rt"),
          refreshTokenExpiration: .init(wireText: "1732490000.5", milliseconds: 1_732_490_000_500),
          signInURL: Secret("https://x/"), userARN: "arn:u", userID: "u"))
  }

  @Test func `The request is signed for the key's region and sent to its endpoint`() async throws {
    let this = Self(answers: [.response(200, body: goodBody)])
    _ = try await this.federation.fetch(
      TokenKey(instanceID: "arn:aws:connect:eu-west-2:1:instance/x", region: "eu-west-2", identity: Identity()),
      priority: .forced)
    let request = try #require(this.transport.requests.first)
    #expect(request.method == "GET")
    #expect(
      request.url
        == "https://connect.eu-west-2.amazonaws.com/user/federate/arn%3Aaws%3Aconnect%3Aeu-west-2%3A1%3Ainstance%2Fx")
    #expect(request.field("Host") == "connect.eu-west-2.amazonaws.com")
    #expect(request.field("X-Amz-Date") == "20241124T160000Z")
    #expect(request.field("X-Amz-Security-Token") == "the-token")
    #expect(request.field("Authorization")?.contains("Credential=A/20241124/eu-west-2/connect/aws4_request") == true)
    #expect(this.rateLimit.events == ["admit eu-west-2 forced", "succeeded eu-west-2"])
  }

  @Test func `Nothing is signed, and no credentials are needed, with --no-sign-request`() async throws {
    let this = Self(answers: [.response(200, body: goodBody)], signs: false)
    this.fixture.directory.remove(".aws/credentials")
    _ = try await this.fetch()
    #expect(this.transport.requests.first?.fields.map(\.name) == ["Host", "User-Agent"])
  }

  @Test func `A configured endpoint's path goes before the operation's`() async throws {
    let this = Self(
      answers: [.response(200, body: goodBody)], environment: ["AWS_ENDPOINT_URL_CONNECT": "http://127.0.0.1:8/p/"])
    _ = try await this.fetch()
    #expect(this.transport.requests.first?.url == "http://127.0.0.1:8/p/user/federate/i-1")
    #expect(this.transport.requests.first?.field("Host") == "127.0.0.1:8")
  }

  @Test(arguments: ["", ".", "..", String(repeating: "x", count: 101), String(repeating: "é", count: 101)])
  func `An instance id that cannot be a segment is refused`(id: String) async {
    #expect(throws: TokenSourceError.self) { try ConnectFederation.path(instanceID: id) }
  }

  @Test(arguments: ["x", "...", String(repeating: "é", count: 100), "a/../b"])
  func `An instance id is one segment`(id: String) throws {
    #expect(try ConnectFederation.path(instanceID: id).split(separator: "/").count == 3)
  }

  @Test(arguments: [
    "", "[]", "{}", "null", "<html>", "{\"Credentials\":{}}", "{\"Credentials\":{\"AccessToken\":\"\"}}",
    "{\"Credentials\":{\"AccessToken\":null}}", "{\"Credentials\":{\"AccessToken\":1}}",
    "{\"Credentials\":{\"AccessToken\":\"at\",\"AccessTokenExpiration\":\"never\"}}",
    "{\"Credentials\":{\"AccessToken\":\"at\",\"AccessTokenExpiration\":true}}",
    "{\"Credentials\":{\"AccessToken\":\"at\",\"RefreshTokenExpiration\":1e300}}", goodBody + "x",
  ])
  func `A body that is no answer of the operation is refused and not fetched again`(body: String) async {
    let this = Self(answers: [.response(200, ["x-amzn-RequestId": "r"], body: body)])
    let error = await this.failure()
    #expect(error?.reason == .badResponse)
    #expect(error?.requestID == "r")
    #expect(this.transport.requests.count == 1)
  }

  @Test(arguments: [
    ("1732465000", "1732465000", 1_732_465_000_000), ("\"1732465000\"", "1732465000", 1_732_465_000_000),
    ("\"2024-11-24T16:16:40Z\"", "1732465000", 1_732_465_000_000),
    ("\"2024-11-24T16:16:40.250Z\"", "1732465000.250", 1_732_465_000_250),
    ("\"Sun, 24 Nov 2024 16:16:40 GMT\"", "1732465000", 1_732_465_000_000),
  ])
  func `A time may be a number or a text`(json: String, wireText: String, milliseconds: Int64) async throws {
    let body = "{\"Credentials\":{\"AccessToken\":\"at\",\"AccessTokenExpiration\":\(json)}}"
    let expiration = try await Self(answers: [.response(200, body: body)]).fetch().token.accessTokenExpiration
    #expect(expiration == .init(wireText: wireText, milliseconds: milliseconds))
  }

  @Test func `A token alone is an answer`() async throws {
    let this = Self(answers: [.response(200, body: "{\"Credentials\":{\"AccessToken\":\"at\"}}")])
    #expect(try await this.fetch().token == FederationToken(accessToken: Secret("at")))
  }

  @Test(arguments: [301, 302, 304])
  func `A redirect is not followed`(status: Int) async {
    let this = Self(answers: [.response(status, ["Location": "http://elsewhere"])])
    #expect(await this.failure()?.reason == .badResponse)
    #expect(this.transport.requests.count == 1)
  }

  @Test func `Transient errors are retried with growing pauses, each attempt admitted`() async throws {
    let this = Self(answers: [
      .failure(.interrupted), .response(503), .response(200, body: goodBody),
    ])
    _ = try await this.fetch()
    #expect(this.clock.sleeps == [500, 1000])
    #expect(
      this.rateLimit.events == [
        "admit us-west-2 normal", "admit us-west-2 normal", "admit us-west-2 normal", "succeeded us-west-2",
      ])
  }

  @Test func `The last of three attempts decides`() async {
    let this = Self(answers: [.response(500), .response(500), .failure(.readTimedOut), .response(200, body: goodBody)])
    #expect(await this.failure()?.reason == .timedOut)
    #expect(this.transport.requests.count == 3)
  }

  @Test func `Throttling slows the limit down and is retried after the server's pause`() async throws {
    let this = Self(answers: [
      .response(429, ["x-amzn-ErrorType": "TooManyRequestsException", "Retry-After": "2"]),
      .response(400, body: "{\"__type\":\"a.b#ThrottlingException\"}"), .response(200, body: goodBody),
    ])
    _ = try await this.fetch()
    #expect(this.clock.sleeps == [2000, 1000])
    #expect(
      this.rateLimit.events.filter { !$0.hasPrefix("admit") } == [
        "throttled us-west-2", "throttled us-west-2", "succeeded us-west-2",
      ])
  }

  @Test func `A longer wish of the server is passed on instead of waited for`() async {
    let this = Self(answers: [.response(429, ["Retry-After": "60"]), .response(200, body: goodBody)])
    let error = await this.failure()
    #expect(error?.reason == .service(status: 429, code: "429"))
    #expect(error?.retryAfter == 60)
    #expect(this.clock.sleeps == [])
  }

  @Test func `A refusal of our own limit ends the call before anything is sent`() async {
    let refusal = TokenSourceError(.rateLimited, "full", retryAfter: 3)
    let this = Self(answers: [], rateLimit: RecordingRateLimit(refusal: refusal))
    #expect(await this.failure() == refusal)
    #expect(this.transport.requests.isEmpty)
  }

  @Test func `Retries stop when the quota is used up`() async {
    let this = Self(answers: Array(repeating: .failure(.connectTimedOut), count: 200))
    // Two retries a call at 10 each: 25 calls.
    for _ in 0..<25 { _ = await this.failure() }
    #expect(this.transport.requests.count == 75)
    #expect(await this.failure()?.reason == .timedOut)
    #expect(this.transport.requests.count == 76)
  }

  @Test func `A wrong clock is corrected once, and the correction is kept`() async throws {
    // AWS is 1000 s ahead.
    let refusal = StubTransport.Answer.response(
      403, ["Date": "Sun, 24 Nov 2024 16:16:40 GMT"], body: "{\"message\":\"Signature expired\"}")
    let this = Self(answers: [refusal, .response(200, body: goodBody), .response(200, body: goodBody)])
    _ = try await this.fetch()
    _ = try await this.fetch()
    #expect(
      this.transport.requests.map { $0.field("X-Amz-Date") } == [
        "20241124T160000Z", "20241124T161640Z", "20241124T161640Z",
      ])
    #expect(this.clock.sleeps == [])
  }

  @Test func `A clock that is right again is corrected back`() async throws {
    let ahead = StubTransport.Answer.response(403, ["Date": "Sun, 24 Nov 2024 16:16:40 GMT"])
    let right = StubTransport.Answer.response(403, ["Date": "Sun, 24 Nov 2024 16:00:00 GMT"])
    let this = Self(answers: [ahead, .response(200, body: goodBody), right, .response(200, body: goodBody)])
    _ = try await this.fetch()
    _ = try await this.fetch()
    #expect(this.transport.requests.last?.field("X-Amz-Date") == "20241124T160000Z")
  }

  @Test func `A second refusal over the clock is final`() async {
    let this = Self(answers: [
      .response(403, ["Date": "Sun, 24 Nov 2024 16:16:40 GMT"], body: "{\"__type\":\"RequestExpired\"}"),
      .response(403, ["Date": "Sun, 24 Nov 2024 18:00:00 GMT"], body: "{\"__type\":\"RequestExpired\"}"),
    ])
    #expect(await this.failure()?.reason == .service(status: 403, code: "RequestExpired"))
    #expect(this.transport.requests.count == 2)
  }

  @Test(arguments: [
    "Sun, 24 Nov 2024 16:03:59 GMT", "Sun, 24 Nov 2024 15:56:01 GMT", "Sun, 24 Nov 2024 17:00:00 +0000", "",
  ])
  func `A 403 with a date like ours, or none, is a refusal`(date: String) async {
    let this = Self(answers: [
      .response(
        403, ["Date": date, "x-amzn-ErrorType": "AccessDeniedException:http://docs"], body: "{\"Message\":\"no\"}")
    ])
    #expect(
      await this.failure() == TokenSourceError(.service(status: 403, code: "AccessDeniedException"), "no"))
    #expect(this.transport.requests.count == 1)
  }

  @Test func `Credentials that expired are renewed once`() async throws {
    let this = Self(answers: [])
    let directory = this.fixture.directory
    let transport = RenewingTransport(
      [.response(403, ["x-amzn-ErrorType": "ExpiredTokenException"]), .response(200, body: goodBody)]
    ) {
      directory.write(".aws/credentials", "[default]\naws_access_key_id = B\naws_secret_access_key = s\n")
    }
    let federation = ConnectFederation(
      settings: UpstreamSettings(), environment: this.fixture.environment, files: this.fixture.files,
      credentials: this.fixture.resolver, transport: transport, rateLimit: this.rateLimit, clock: this.clock)
    _ = try await federation.fetch(this.key, priority: .normal)
    #expect(
      transport.requests.map { $0.field("Authorization")?.contains("Credential=A/") } == [true, false])
  }

  @Test func `Expired credentials that are the newest there are end the call`() async {
    let this = Self(answers: [.response(403, ["x-amzn-ErrorType": "ExpiredToken"]), .response(200, body: goodBody)])
    #expect(await this.failure()?.reason == .service(status: 403, code: "ExpiredToken"))
    #expect(this.transport.requests.count == 1)
  }

  @Test(arguments: [
    (TransportError.Reason.connectTimedOut, TokenSourceError.Reason.timedOut), (.readTimedOut, .timedOut),
    (.resolve, .unreachable), (.connect, .unreachable), (.tls, .unreachable), (.interrupted, .unreachable),
    (.invalidRequest, .unreachable), (.tooLarge, .badResponse), (.cancelled, .shuttingDown),
  ])
  func `Trouble on the way has a reason of its own`(
    transport: TransportError.Reason, reason: TokenSourceError.Reason
  ) async {
    let this = Self(answers: Array(repeating: .failure(transport), count: 3))
    #expect(await this.failure()?.reason == reason)
  }

  @Test func `A region that is no host label is refused before anything is sent`() async {
    let this = Self(answers: [])
    let key = TokenKey(instanceID: "x", region: "evil.example/", identity: Identity())
    let error = await #expect(throws: TokenSourceError.self) { try await this.federation.fetch(key, priority: .normal) }
    #expect(error?.reason == .noRegion)
  }

  @Test func `A profile that does not exist ends the call, signed or not`() async {
    let this = Self(answers: [], signs: false)
    let key = TokenKey(instanceID: "x", region: "us-east-1", identity: Identity(profile: "nope"))
    let error = await #expect(throws: TokenSourceError.self) { try await this.federation.fetch(key, priority: .normal) }
    #expect(error?.reason == .noCredentials)
  }

  @Test func `A call that is cancelled while it pauses ends`() async {
    let this = Self(answers: [.response(503)])
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return await this.failure()
    }
    #expect(await task.value?.reason == .shuttingDown)
  }
}

/// Runs `change` after its first answer is chosen.
private final class RenewingTransport: HTTPTransport {
  private let stub: StubTransport
  private let change: @Sendable () -> Void

  init(_ answers: [StubTransport.Answer], _ change: @escaping @Sendable () -> Void) {
    stub = StubTransport(answers)
    self.change = change
  }

  var requests: [TransportRequest] { stub.requests }

  func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
    if stub.requests.isEmpty { change() }
    return try await stub.send(request)
  }
}
