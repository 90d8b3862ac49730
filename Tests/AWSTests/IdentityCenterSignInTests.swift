import Clocks
import JSON
import Outbound
import Secrets
import TestSupport
import Testing

@testable import AWS

/// What Tests/browser does not reach beside the AWS CLI: answers that are late, wrong or hostile.
struct IdentityCenterSignInTests {
  private static let config = """
    [profile sales]
    sso_session = corp

    [profile older]
    sso_start_url = https://corp.awsapps.com/start
    sso_region = eu-west-1

    [profile lost]
    sso_session = nowhere

    [profile bare]
    region = us-east-1

    [sso-session corp]
    sso_start_url = https://corp.awsapps.com/start
    sso_region = eu-west-1
    """
  private static let registration = """
    {"clientId": "client", "clientSecret": "client-secret", "clientSecretExpiresAt": 1900000000}
    """
  private static let device = """
    {"deviceCode": "device", "userCode": "ABCD", "verificationUri": "https://x.example/", \
    "verificationUriComplete": "https://x.example/?c=ABCD", "expiresIn": 600, "interval": 5}
    """
  private static let token = #"{"accessToken": "token", "expiresIn": 3600}"#

  private func signIn(
    _ server: LoopbackServer, clock: any MomentClock = ManualClock(), profile: String = "sales"
  ) throws -> (AWSHome, IdentityCenterSignIn) {
    let home = AWSHome(config: Self.config, environment: ["AWS_ENDPOINT_URL": server.url])
    let signIn = try IdentityCenterSignIn(
      profile: profile, configuration: try home.configuration(), environment: home.environment,
      transport: CurlTransport(), clock: clock, jitter: { 0 })
    return (home, signIn)
  }

  private static func failure(_ code: String) -> ScriptedAnswer {
    .response("400 Bad Request", #"{"message": "no"}"#, fields: "x-amzn-ErrorType: \(code)\r\n")
  }

  @Test(
    "What came to the loopback address counts for its own request only",
    arguments: [
      ([("code", "c"), ("state", "STATE")], AuthorizationRequest.Answer.code(Secret("c"))),
      ([("error", "access_denied"), ("state", "STATE")], .refused("access_denied")),
      ([("code", ""), ("state", "STATE")], .refused("no code")), ([("state", "STATE")], .refused("no code")),
      ([("code", "c"), ("state", "other")], .foreign), ([("code", "c"), ("state", "")], .foreign),
      ([("code", "c")], .foreign), ([("error", "x")], .foreign), ([], .foreign),
    ] as [([(String, String)], AuthorizationRequest.Answer)])
  func answers(query: [(String, String)], answer: AuthorizationRequest.Answer) async throws {
    let server = LoopbackServer(answers: [.response("200 OK", Self.registration)])
    let (_, signIn) = try signIn(server)
    let request = try await signIn.authorization(port: 1)
    let state = try #require(request.url.exposed.firstMatch(of: /[?&]state=([^&]+)/)).1
    #expect(request.answer(query.map { ($0.0, $0.1 == "STATE" ? String(state) : $0.1) }) == answer)
  }

  @Test("Each request has a state and a verifier of its own")
  func unguessable() async throws {
    let server = LoopbackServer(answering: { _ in .response("200 OK", Self.registration) })
    let (_, signIn) = try signIn(server)
    let requests = [try await signIn.authorization(port: 1), try await signIn.authorization(port: 1)]
    #expect(requests[0].url != requests[1].url)
    #expect(requests[0].verifier != requests[1].verifier)
    #expect(requests[0].verifier.count == 64)
    // The second one found the first one's registration.
    #expect(server.received.count == 1)
  }

  @Test("A device waits longer when it is told so, and no longer than its code lives")
  func slowDown() async throws {
    let server = LoopbackServer(answering: { request in
      switch request.target {
      case "/client/register": .response("200 OK", Self.registration)
      case "/device_authorization": .response("200 OK", Self.device)
      default: Self.failure("SlowDownException")
      }
    })
    let (_, signIn) = try signIn(server, clock: StepClock())
    let authorization = try await signIn.deviceAuthorization()
    let error = await #expect(throws: AWSError.self) { try await signIn.finish(authorization) }
    #expect(error?.message.contains("nobody entered the code in time") == true)
    // After 10, 15, 20 … seconds: 600 are over after the fifteenth question.
    #expect(server.received.filter { $0.target == "/token" }.count == 15)
  }

  @Test(
    "What the service refuses is said, and nothing is kept",
    arguments: [
      ("AccessDeniedException", "AccessDeniedException"), ("InvalidClientException", "InvalidClientException"),
      ("ExpiredTokenException", "nobody entered the code in time"),
    ])
  func refused(code: String, message: String) async throws {
    let server = LoopbackServer(answering: { request in
      switch request.target {
      case "/client/register": .response("200 OK", Self.registration)
      case "/device_authorization": .response("200 OK", Self.device)
      default: Self.failure(code)
      }
    })
    let (home, signIn) = try signIn(server)
    let authorization = try await signIn.deviceAuthorization()
    let error = await #expect(throws: AWSError.self) { try await signIn.finish(authorization) }
    #expect(error?.message.contains(message) == true)
    #expect(home.names(".aws/sso/cache").count == 1, "the registration alone")
  }

  @Test(
    "An answer that lacks something is no sign-in",
    arguments: [
      "", "[]", "{}", #"{"clientId": "c"}"#, #"{"clientId": 1, "clientSecret": "s", "clientSecretExpiresAt": 1}"#,
      #"{"clientId": "c", "clientSecret": "s", "clientSecretExpiresAt": 1e400}"#,
    ])
  func badRegistration(answer: String) async throws {
    let server = LoopbackServer(answers: [.response("200 OK", answer)])
    let (home, signIn) = try signIn(server)
    let error = await #expect(throws: AWSError.self) { try await signIn.authorization(port: 1) }
    #expect(error?.reason == .badResponse)
    #expect(home.names(".aws").contains("sso") == false)
  }

  @Test(
    "A token that lacks something is none",
    arguments: ["", "{}", #"{"accessToken": "", "expiresIn": 1}"#, #"{"accessToken": "t", "expiresIn": -1}"#])
  func badToken(answer: String) async throws {
    let server = LoopbackServer(answering: { request in
      .response("200 OK", request.target == "/token" ? answer : Self.registration)
    })
    let (home, signIn) = try signIn(server)
    let request = try await signIn.authorization(port: 1)
    let error = await #expect(throws: AWSError.self) { try await signIn.finish(request, code: Secret("c")) }
    #expect(error?.reason == .badResponse)
    #expect(home.names(".aws/sso/cache").count == 1)
  }

  @Test("A registration that ends soon, or is broken, is made anew", arguments: ["2026-11-24T00:14:59Z", "never"])
  func oldRegistration(end: String) async throws {
    let server = LoopbackServer(answers: [.response("200 OK", Self.registration)])
    let (home, signIn) = try signIn(server)
    let path = ClientRegistration.path(signIn.session, home.environment).dropFirst(home.directory.path.count + 1)
    home.write(
      String(path),
      #"{"clientId": "old", "clientSecret": "s", "expiresAt": "\#(end)", "grantTypes": ["authorization_code"]}"#)
    let request = try await signIn.authorization(port: 1)
    #expect(request.registration.clientID == "client")
  }

  @Test(
    "A profile that signs in to nothing is said",
    arguments: [
      ("nobody", "there is no profile nobody"), ("lost", "sso-session nowhere is not in"),
      ("bare", "profile bare signs in to nothing"),
    ])
  func noSession(profile: String, message: String) throws {
    let error = #expect(throws: AWSError.self) { try signIn(LoopbackServer(answers: []), profile: profile) }
    #expect(error?.message.contains(message) == true)
  }

  @Test("The older form knows the device's way only")
  func olderForm() throws {
    #expect(try signIn(LoopbackServer(answers: []), profile: "older").1.usesLoopback == false)
    #expect(try signIn(LoopbackServer(answers: [])).1.usesLoopback)
  }
}
