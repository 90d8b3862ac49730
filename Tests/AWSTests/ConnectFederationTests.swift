import AWS
import Outbound
import Secrets
import TestSupport
import Testing

struct ConnectFederationTests {
  @Test func `The answer is decoded with its times as they were written`() async throws {
    let call = FederationFixture(answers: [
      .response(
        200, ["x-amzn-RequestId": "r-1", "Date": "Sun, 24 Nov 2024 16:00:01 GMT"], body: goodBody)
    ])
    let fetched = try await call.fetch()
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
    let call = FederationFixture(answers: [.response(200, body: goodBody)])
    _ = try await call.federation.fetch(
      TokenTarget(instanceID: "arn:aws:connect:eu-west-2:1:instance/x", region: "eu-west-2", identity: Identity()),
      priority: { .forced })
    let request = try #require(call.transport.requests.first)
    #expect(request.method == "GET")
    #expect(
      request.url
        == "https://connect.eu-west-2.amazonaws.com/user/federate/arn%3Aaws%3Aconnect%3Aeu-west-2%3A1%3Ainstance%2Fx")
    #expect(request.field("Host") == "connect.eu-west-2.amazonaws.com")
    #expect(request.field("X-Amz-Date") == "20241124T160000Z")
    #expect(request.field("X-Amz-Security-Token") == "the-token")
    #expect(request.field("Authorization")?.contains("Credential=A/20241124/eu-west-2/connect/aws4_request") == true)
    #expect(call.rateLimit.events == ["admit eu-west-2 forced", "succeeded eu-west-2"])
  }

  @Test func `Nothing is signed, and no credentials are needed, with --no-sign-request`() async throws {
    let call = FederationFixture(answers: [.response(200, body: goodBody)], signs: false)
    call.profile.directory.remove(".aws/credentials")
    _ = try await call.fetch()
    #expect(call.transport.requests.first?.fields.map(\.name) == ["Host", "User-Agent"])
  }

  @Test func `A configured endpoint's path goes before the operation's`() async throws {
    let call = FederationFixture(
      answers: [.response(200, body: goodBody)], environment: ["AWS_ENDPOINT_URL_CONNECT": "http://127.0.0.1:8/p/"])
    _ = try await call.fetch()
    #expect(call.transport.requests.first?.url == "http://127.0.0.1:8/p/user/federate/i-1")
    #expect(call.transport.requests.first?.field("Host") == "127.0.0.1:8")
  }

  @Test func `Over a real connection the path arrives as it was signed`() async throws {
    let server = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.respond(goodBody)
    }
    let call = FederationFixture(environment: ["AWS_ENDPOINT_URL_CONNECT": server.url])
    let federation = call.federation(over: CurlTransport())
    let key = TokenTarget(instanceID: "a/../b:é ~", region: "us-west-2", identity: Identity())
    let token = try await federation.fetch(key, priority: { .miss }).token
    #expect(token.accessToken == Secret("at"))
    let lines = try #require(server.requests.first).split(separator: "\r\n")
    #expect(lines.first == "GET /user/federate/a%2F..%2Fb%3A%C3%A9%20~ HTTP/1.1")
    #expect(lines.contains("Host: 127.0.0.1:\(server.port)"))
  }

  @Test(arguments: ["", ".", "..", String(repeating: "x", count: 101), String(repeating: "é", count: 101)])
  func `An instance id that cannot be a segment is refused`(id: String) async {
    #expect(throws: AWSError.self) { try ConnectFederation.path(instanceID: id) }
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
    let call = FederationFixture(answers: [.response(200, ["x-amzn-RequestId": "r"], body: body)])
    let error = await call.failure()
    #expect(error?.reason == .badResponse)
    #expect(error?.requestID == "r")
    #expect(call.transport.requests.count == 1)
  }

  @Test(arguments: [
    ("1732465000", "1732465000", 1_732_465_000_000), ("\"1732465000\"", "1732465000", 1_732_465_000_000),
    ("\"2024-11-24T16:16:40Z\"", "1732465000", 1_732_465_000_000),
    ("\"2024-11-24T16:16:40.250Z\"", "1732465000.250", 1_732_465_000_250),
    ("\"Sun, 24 Nov 2024 16:16:40 GMT\"", "1732465000", 1_732_465_000_000),
  ])
  func `A time may be a number or a text`(json: String, wireText: String, milliseconds: Int64) async throws {
    let body = "{\"Credentials\":{\"AccessToken\":\"at\",\"AccessTokenExpiration\":\(json)}}"
    let expiration = try await FederationFixture(answers: [.response(200, body: body)]).fetch().token
      .accessTokenExpiration
    #expect(expiration == .init(wireText: wireText, milliseconds: milliseconds))
  }

  @Test func `A token alone is an answer`() async throws {
    let call = FederationFixture(answers: [.response(200, body: "{\"Credentials\":{\"AccessToken\":\"at\"}}")])
    #expect(try await call.fetch().token == FederationToken(accessToken: Secret("at")))
  }

  @Test(arguments: [301, 302, 304])
  func `A redirect is not followed`(status: Int) async {
    let call = FederationFixture(answers: [.response(status, ["Location": "http://elsewhere"])])
    #expect(await call.failure()?.reason == .badResponse)
    #expect(call.transport.requests.count == 1)
  }

  @Test func `A region that is no host label is refused before anything is sent`() async {
    let call = FederationFixture()
    let key = TokenTarget(instanceID: "x", region: "evil.example/", identity: Identity())
    let error = await #expect(throws: AWSError.self) { try await call.federation.fetch(key, priority: { .miss }) }
    #expect(error?.reason == .noRegion)
  }

  @Test func `A profile that does not exist ends the call, signed or not`() async {
    let call = FederationFixture(signs: false)
    let key = TokenTarget(instanceID: "x", region: "us-east-1", identity: Identity(profile: "nope"))
    let error = await #expect(throws: AWSError.self) { try await call.federation.fetch(key, priority: { .miss }) }
    #expect(error?.reason == .noCredentials)
  }
}
