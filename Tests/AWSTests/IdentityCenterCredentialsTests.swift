import Clocks
import JSON
import Outbound
import Secrets
import TestSupport
import Testing
import Timestamps

@testable import AWS

struct IdentityCenterCredentialsTests {
  private static let config = """
    [profile sales]
    sso_session = corp
    sso_account_id = 123456789012
    sso_role_name = Agent Role

    [sso-session corp]
    sso_start_url = https://corp.awsapps.com/start
    sso_region = eu-west-1
    """
  private static let roleCredentials = """
    {"roleCredentials": {"accessKeyId": "ASIASSO", "secretAccessKey": "secret", "sessionToken": "session", \
    "expiration": 1795500000000}}
    """
  private static let renewed = """
    {"accessToken": "new-token", "expiresIn": 3600, "refreshToken": "new-refresh", "tokenType": "Bearer"}
    """

  private let clock = ManualClock()
  private let cache = SignInCache()

  private func home(_ server: LoopbackServer, config: String = config) -> AWSHome {
    AWSHome(config: config, environment: ["AWS_ENDPOINT_URL": server.url])
  }

  private func provider(_ home: AWSHome, _ profile: String = "sales") throws -> IdentityCenterCredentials {
    IdentityCenterCredentials(
      profile: profile, configuration: try home.configuration(), environment: home.environment,
      transport: CurlTransport(), cache: cache, clock: clock, jitter: { 0 })
  }

  /// A token that ends in so many minutes.
  private func token(_ name: String = "old-token", minutes: Int64, refreshToken: String = "old-refresh") -> String {
    """
    {"startUrl": "https://corp.awsapps.com/start", "region": "eu-west-1", "accessToken": "\(name)", \
    "expiresAt": "\(Timestamp.rfc3339(seconds: Timestamp.wholeSeconds(clock.now.wall + minutes * 60_000)))", "clientId": "client", \
    "clientSecret": "client-secret", "registrationExpiresAt": "2027-01-01T00:00:00Z", \
    "refreshToken": "\(refreshToken)"}
    """
  }

  private func cachePath(_ home: AWSHome, _ profile: String = "sales") throws -> String {
    let path = try #require(try home.watchedPaths(of: profile).first)
    return String(path.dropFirst(home.directory.path.count + 1))
  }

  @Test func `A profile without Identity Center has nothing to say`() async throws {
    let provider = try provider(AWSHome(config: "[profile sales]\nregion = us-east-1\n"))
    #expect(try await provider.credentials() == nil)
  }

  @Test func `The portal gives the role's credentials for the cached token`() async throws {
    let server = LoopbackServer(answers: [.response("200 OK", Self.roleCredentials)])
    let home = home(server)
    home.write(try cachePath(home), token(minutes: 60))
    let credentials = try #require(try await provider(home).credentials())
    #expect(credentials.accessKeyID == "ASIASSO")
    #expect(credentials.secretAccessKey == Secret("secret"))
    #expect(credentials.sessionToken == Secret("session"))
    #expect(credentials.expiration == 1_795_500_000_000)
    #expect(credentials.source == "sso_session corp of profile sales")
    let request = try #require(server.received.first)
    #expect(request.method == "GET")
    #expect(request.target == "/federation/credentials?role_name=Agent%20Role&account_id=123456789012")
    #expect(request["x-amz-sso_bearer_token"] == "old-token")
    #expect(request["Authorization"] == nil)
  }

  @Test func `A token near its end is renewed, kept for aws, and used`() async throws {
    let server = LoopbackServer(answers: [.response("200 OK", Self.renewed), .response("200 OK", Self.roleCredentials)])
    let home = home(server)
    let file = try cachePath(home)
    home.write(file, token(minutes: 14))
    #expect(try await provider(home).credentials() != nil)
    let request = try #require(server.received.first)
    #expect(request.method == "POST")
    #expect(request.target == "/token")
    #expect(request["Content-Type"] == "application/json")
    #expect(server.received.last?["x-amz-sso_bearer_token"] == "new-token")
    #expect(home.read(file)?.contains("new-refresh") == true)
    #expect(home.mode(file) == 0o600)
    #expect(home.names(".aws/sso/cache").count == 1)
  }

  @Test func `Credentials of one sign-in have one lineage, and those of the next person another`() async throws {
    let server = LoopbackServer(answering: { request in
      .response("200 OK", request.method == "POST" ? Self.renewed : Self.roleCredentials)
    })
    let home = home(server)
    let file = try cachePath(home)
    home.write(file, token(minutes: 60))
    let first = try await provider(home).credentials()
    clock.advance(by: .seconds(50 * 60))
    let renewed = try await provider(home).credentials()
    #expect(server.received.contains { $0.method == "POST" })
    #expect(renewed?.lineage == first?.lineage)
    home.write(file, token(minutes: 60))
    #expect(try await provider(home).credentials()?.lineage != first?.lineage)
  }

  @Test func `The older form is not renewed`() async throws {
    let server = LoopbackServer(answers: [.response("200 OK", Self.roleCredentials)])
    let home = home(
      server,
      config: """
        [profile sales]
        sso_start_url = https://corp.awsapps.com/start
        sso_region = eu-west-1
        sso_account_id = 123456789012
        sso_role_name = Agent
        """)
    let file = try cachePath(home)
    home.write(file, token(minutes: 1))
    #expect(try await provider(home).credentials() != nil)
    #expect(server.received.map(\.method) == ["GET"])
    clock.advance(by: .seconds(60))
    #expect(
      try await provider(home).failure() == "token cached for sso_start_url https://corp.awsapps.com/start expired at "
        + "2026-11-24T00:01:00Z: run fedbroker login --profile sales, or aws sso login --profile sales")
  }

  @Test func `A renewal that is refused leaves the token that still lives`() async throws {
    let refusal = ScriptedAnswer.response(
      "400 Bad Request", #"{"error":"invalid_grant"}"#, fields: "x-amzn-ErrorType: InvalidGrantException\r\n")
    let server = LoopbackServer(answers: [refusal, .response("200 OK", Self.roleCredentials)])
    let home = home(server)
    let file = try cachePath(home)
    home.write(file, token(minutes: 1))
    #expect(try await provider(home).credentials() != nil)
    #expect(server.received.last?["x-amz-sso_bearer_token"] == "old-token")
    #expect(home.read(file) == token(minutes: 1))
  }

  @Test(
    arguments: [
      (
        ScriptedAnswer.response(
          "400 Bad Request", #"{"error":"invalid_grant"}"#, fields: "x-amzn-ErrorType: InvalidGrantException\r\n"),
        "its renewal was refused with InvalidGrantException", .noCredentials
      ),
      (.response("501 Not Implemented"), "its renewal was refused with 501", .noCredentials),
      (.response("200 OK", "{}"), "the answer to its renewal has no token", .badResponse),
      (.response("200 OK", "not JSON"), "the answer to its renewal has no token", .badResponse),
      (
        .response("200 OK", #"{"accessToken": "new", "expiresIn": -1}"#), "the answer to its renewal has no token",
        .badResponse
      ),
    ] as [(ScriptedAnswer, String, AWSError.Reason)])
  func `An expired token says when, why and what mends it`(
    answer: ScriptedAnswer, text: String, reason: AWSError.Reason
  ) async throws {
    let server = LoopbackServer(answers: [answer])
    let home = home(server)
    home.write(try cachePath(home), token(minutes: -1))
    let error = try await provider(home).error()
    #expect(
      error?.message == "token cached for sso_session corp expired at 2026-11-23T23:59:00Z "
        + "(\(text)): run fedbroker login --profile sales, or aws sso login --sso-session corp")
    #expect(error?.reason == reason)
    #expect(server.received.count == 1)
  }

  @Test func `A token that aws renewed first is used instead`() async throws {
    let directory = AWSHome(config: Self.config)
    let file = try cachePath(directory)
    let newer = token("newer-token", minutes: 60)
    let server = LoopbackServer(answering: { request in
      guard request.method == "POST" else { return .response("200 OK", Self.roleCredentials) }
      directory.write(file, newer)
      return .response("400 Bad Request", #"{"error":"invalid_grant"}"#)
    })
    directory.write(file, token(minutes: -1))
    let provider = IdentityCenterCredentials(
      profile: "sales", configuration: try directory.configuration(),
      environment: Environment(directory.environment.variables.merging(["AWS_ENDPOINT_URL": server.url]) { $1 }),
      transport: CurlTransport(), cache: cache, clock: clock, jitter: { 0 })
    #expect(try await provider.credentials() != nil)
    #expect(server.received.last?["x-amz-sso_bearer_token"] == "newer-token")
  }

  @Test func `A person who signs in during a renewal is not replaced by the former one`() async throws {
    let directory = AWSHome(config: Self.config)
    let file = try cachePath(directory)
    let next = token("next-person", minutes: 60)
    let server = LoopbackServer(answering: { request in
      guard request.method == "POST" else { return .response("200 OK", Self.roleCredentials) }
      directory.write(file, next)
      return .response("200 OK", Self.renewed)
    })
    directory.write(file, token(minutes: 5))
    let provider = IdentityCenterCredentials(
      profile: "sales", configuration: try directory.configuration(),
      environment: Environment(directory.environment.variables.merging(["AWS_ENDPOINT_URL": server.url]) { $1 }),
      transport: CurlTransport(), cache: cache, clock: clock, jitter: { 0 })
    #expect(try await provider.credentials() != nil)
    #expect(server.received.last?["x-amz-sso_bearer_token"] == "next-person")
    #expect(directory.read(file) == next)
  }

  @Test func `Signed out, it says so`() async throws {
    let home = AWSHome(config: Self.config)
    let path = home.path(try cachePath(home))
    #expect(
      try await provider(home).failure()
        == "no token is cached for sso_session corp (\(path)): run fedbroker login --profile sales, or aws sso login --sso-session corp"
    )
  }

  @Test(arguments: [
    "", "{", "[]", "\u{0}", #"{"accessToken": "t"}"#, #"{"accessToken": "", "expiresAt": "2027-01-01T00:00:00Z"}"#,
  ])
  func `A file that holds no token is named`(content: String) async throws {
    let home = AWSHome(config: Self.config)
    let file = try cachePath(home)
    home.write(file, content)
    #expect(try await provider(home).failure()?.contains(home.path(file)) == true)
  }

  @Test func `A token that the portal refuses is mended by signing in`() async throws {
    let server = LoopbackServer(answers: [.response("401 Unauthorized", #"{"message":"Session token not found"}"#)])
    let home = home(server)
    home.write(try cachePath(home), token(minutes: 60))
    #expect(
      try await provider(home).failure() == "IAM Identity Center refused the token cached for sso_session corp: "
        + "run fedbroker login --profile sales, or aws sso login --sso-session corp")
    #expect(server.received.count == 1)
  }

  @Test func `What else the portal refuses is said in its words`() async throws {
    let server = LoopbackServer(answers: [
      .response("403 Forbidden", #"{"message":"No access"}"#, fields: "x-amzn-ErrorType: ForbiddenException\r\n")
    ])
    let home = home(server)
    home.write(try cachePath(home), token(minutes: 60))
    #expect(
      try await provider(home).failure() == "profile sales: no credentials of role Agent Role in account 123456789012: "
        + "ForbiddenException: No access")
    #expect(server.received.count == 1)
  }

  @Test func `A portal that fails is asked again`() async throws {
    let server = LoopbackServer(answers: [.response("503 Busy"), .reset, .response("200 OK", Self.roleCredentials)])
    let home = home(server)
    home.write(try cachePath(home), token(minutes: 60))
    #expect(try await provider(home).credentials() != nil)
    #expect(server.received.count == 3)
  }

  @Test(arguments: ["{}", "not JSON", #"{"roleCredentials": {"accessKeyId": "A"}}"#])
  func `An answer without credentials is none`(body: String) async throws {
    let home = AWSHome(config: Self.config)
    home.write(try cachePath(home), token(minutes: 60))
    let provider = IdentityCenterCredentials(
      profile: "sales", configuration: try home.configuration(), environment: home.environment,
      transport: StubTransport([.response(200, body: body)]), cache: cache, clock: clock)
    #expect(
      await provider.failure() == "profile sales: the answer of IAM Identity Center has no credentials")
  }
}
