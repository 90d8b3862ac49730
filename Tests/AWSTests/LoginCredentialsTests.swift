import Clocks
import JSON
import Outbound
import Secrets
import TestSupport
import Testing
import Timestamps

@testable import AWS

struct LoginCredentialsTests {
  private static let key = """
    -----BEGIN EC PRIVATE KEY-----
    MHcCAQEEIKKchxG9d196v0RGGcYXBUXWmeeQcRZNxhSj+QNBT1AfoAoGCCqGSM49
    AwEHoUQDQgAE9JWf+c7jNxTwqDYvVb87FL+PqUdCtm5VJEYXxOekuX3HxEJOJXQf
    xslQ0h4O3X46fvIsTVFwFn/IXUx/sIQOyA==
    -----END EC PRIVATE KEY-----

    """
  private static let config = "[profile ana]\nlogin_session = arn:aws:iam::123456789012:user/ana\n"
  private static let renewed = """
    {"accessToken": {"accessKeyId": "ASIANEW", "secretAccessKey": "new", "sessionToken": "new-session"}, \
    "tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": "new-refresh"}
    """

  private let clock = ManualClock()
  private let cache = SignInCache()

  private func home(_ server: LoopbackServer? = nil, _ variables: [String: String] = [:]) -> AWSHome {
    let endpoint = server.map { ["AWS_ENDPOINT_URL_SIGNIN": $0.url, "AWS_REGION": "us-east-1"] } ?? [:]
    return AWSHome(config: Self.config, environment: endpoint.merging(variables) { $1 })
  }

  private func provider(_ home: AWSHome, _ transport: any HTTPTransport = CurlTransport()) throws -> LoginCredentials {
    LoginCredentials(
      profile: "ana", configuration: try home.configuration(), settings: UpstreamSettings(),
      environment: home.environment, transport: transport, cache: cache, clock: clock, jitter: { 0 })
  }

  /// Writes a session that ends in so many minutes, and returns the file's name.
  @discardableResult
  private func signIn(
    _ home: AWSHome, accessKeyID: String = "ASIAOLD", minutes: Int64, key: String = key
  ) throws -> String {
    let path = try #require(try home.watchedPaths(of: "ana").first)
    let file = String(path.dropFirst(home.directory.path.count + 1))
    let session: JSONValue = [
      "accessToken": [
        "accessKeyId": .string(accessKeyID), "secretAccessKey": "old", "sessionToken": "old-session",
        "accountId": "123456789012",
        "expiresAt": .string(Timestamp.rfc3339(seconds: Timestamp.wholeSeconds(clock.now.wall + minutes * 60_000))),
      ],
      "clientId": "arn:aws:signin:::devtools/same-device", "refreshToken": "old-refresh", "dpopKey": .string(key),
    ]
    home.write(file, String(decoding: session.text, as: UTF8.self))
    return file
  }

  @Test func `A profile without a login has nothing to say`() async throws {
    let provider = try provider(AWSHome(config: "[profile ana]\nregion = us-east-1\n"))
    #expect(try await provider.credentials() == nil)
  }

  @Test func `Credentials that live are the file's`() async throws {
    let home = home()
    try signIn(home, minutes: 6)
    let credentials = try #require(try await provider(home, StubTransport([])).credentials())
    #expect(credentials.accessKeyID == "ASIAOLD")
    #expect(credentials.secretAccessKey == Secret("old"))
    #expect(credentials.sessionToken == Secret("old-session"))
    #expect(credentials.expiration == clock.now.wall + 360_000)
    #expect(credentials.source == "login_session of profile ana")
  }

  @Test func `Old ones are renewed with a proof of the key, and kept for aws`() async throws {
    let server = LoopbackServer(answers: [.response("200 OK", Self.renewed)])
    let home = home(server)
    let file = try signIn(home, minutes: 5)
    let credentials = try #require(try await provider(home).credentials())
    #expect(credentials.accessKeyID == "ASIANEW")
    #expect(credentials.expiration == clock.now.wall + 900_000)
    let request = try #require(server.received.first)
    #expect(request.method == "POST")
    #expect(request.target == "/v1/token")
    #expect(request["Content-Type"] == "application/json")
    #expect(ES256.verify(try #require(request["DPoP"]), pem: Self.key))
    #expect(home.read(file)?.contains("new-refresh") == true)
    #expect(home.mode(file) == 0o600)
    let again = try await provider(home).credentials()
    #expect(again == credentials)
    try signIn(home, minutes: 15)
    #expect(try await provider(home).credentials()?.lineage != credentials.lineage)
  }

  @Test func `Each proof has an identifier of its own`() async throws {
    let server = LoopbackServer(answers: [.response("200 OK", Self.renewed), .response("200 OK", Self.renewed)])
    let home = home(server)
    for _ in 1...2 {
      try signIn(home, minutes: 0)
      _ = try await provider(home).credentials()
    }
    let proofs = server.received.compactMap { $0["DPoP"]?.split(separator: ".")[1] }
    #expect(Set(proofs).count == 2)
  }

  @Test(arguments: [
    ("TOKEN_EXPIRED", "the session has expired or its credentials have changed: run aws login"),
    ("USER_CREDENTIALS_CHANGED", "the session has expired or its credentials have changed: run aws login"),
    ("INSUFFICIENT_PERMISSIONS", "the permission for signin:CreateOAuth2Token is missing"),
    ("SOMETHING_NEW", "the session was not renewed: AccessDeniedException: no"),
  ])
  func `A refusal ends the session, and says what mends it`(code: String, reason: String) async throws {
    let server = LoopbackServer(answers: [
      .response(
        "401 Unauthorized", #"{"error":"\#(code)","message":"no"}"#,
        fields: "x-amzn-ErrorType: AccessDeniedException\r\n")
    ])
    let home = home(server)
    try signIn(home, minutes: 4)
    let error = try await provider(home).error()
    #expect(error?.message == "profile ana: \(reason)")
    #expect(error?.reason == .noCredentials)
    #expect(server.received.count == 1)
  }

  @Test(
    arguments: [
      .response("500 Oops"), .response("200 OK", "{}"), .response("200 OK", "not JSON"), .reset,
      .raw("nonsense\r\n\r\n"),
    ] as [ScriptedAnswer])
  func `An outage leaves the credentials that still live, and nothing after`(fault: ScriptedAnswer) async throws {
    let server = LoopbackServer(answering: { _ in fault })
    let home = home(server)
    let file = try signIn(home, minutes: 1)
    let before = home.read(file)
    #expect(try await provider(home).credentials()?.accessKeyID == "ASIAOLD")
    clock.advance(by: .seconds(60))
    let error = try #require(try await provider(home).error())
    #expect(error.message.hasPrefix("profile ana: "))
    #expect(error.reason != .noCredentials)
    #expect(home.read(file) == before)
    #expect(!server.received.isEmpty)
  }

  @Test func `A session that aws renewed first is used instead`() async throws {
    let directory = home()
    let file = try signIn(directory, accessKeyID: "ASIANEXT", minutes: 15)
    let newer = try #require(directory.read(file))
    try signIn(directory, minutes: 0)
    let server = LoopbackServer(answering: { _ in
      directory.write(file, newer)
      return .response("401 Unauthorized", #"{"error":"TOKEN_EXPIRED"}"#)
    })
    let environment = directory.environment.variables.merging([
      "AWS_ENDPOINT_URL": server.url, "AWS_REGION": "us-east-1",
    ]) { $1 }
    let provider = LoginCredentials(
      profile: "ana", configuration: try directory.configuration(), settings: UpstreamSettings(),
      environment: Environment(environment), transport: CurlTransport(), cache: cache, clock: clock)
    #expect(try await provider.credentials()?.accessKeyID == "ASIANEXT")
  }

  @Test func `Signed out, it says so`() async throws {
    let home = home()
    let path = try #require(try home.watchedPaths(of: "ana").first)
    #expect(
      try await provider(home).failure() == "profile ana: there is no session for login_session "
        + "arn:aws:iam::123456789012:user/ana (\(path)): run aws login")
  }

  @Test func `The directory of the sessions can be another`() throws {
    let home = home(nil, ["AWS_LOGIN_CACHE_DIRECTORY": "$HOME/logins"])
    let path = try home.watchedPaths(of: "ana").first
    #expect(path?.hasPrefix("\(home.directory.path)/logins/") == true)
  }

  @Test(arguments: [
    "", "nonsense", "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
    // Encrypted with a passphrase.
    """
    -----BEGIN EC PRIVATE KEY-----
    Proc-Type: 4,ENCRYPTED
    DEK-Info: AES-256-CBC,00000000000000000000000000000000

    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
    -----END EC PRIVATE KEY-----
    """,
    // On another curve, secp384r1.
    """
    -----BEGIN EC PRIVATE KEY-----
    MIGkAgEBBDD6d5zpE30Jfzbj7+dHRReFqyeNv4vbobUUeFST30qUMXyL5HBk4CVm
    0RN+om4kvLCgBwYFK4EEACKhZANiAASAVejVl4rBqaAJc/x7am8QLbkc1UDcFT6H
    hYO3TyluCe7mYDPgAAAmUEOqN4uwGzxIQdrqOhx6YNj4HW0zzbI/zGZ1w4BXiLpc
    sU8fLl6dobGFYUNEe4q4EE9D2EgtJJA=
    -----END EC PRIVATE KEY-----
    """,
  ])
  func `What is no P-256 key signs nothing`(key: String) async throws {
    #expect(DPoPKey(pem: Secret(key)) == nil)
    let home = home(nil, ["AWS_REGION": "us-east-1"])
    try signIn(home, minutes: 0, key: key)
    #expect(
      try await provider(home, StubTransport([])).failure()
        == "profile ana: the cached dpopKey is no P-256 key in PEM: run aws login")
  }

  @Test func `Without a region the service has no address`() async throws {
    let home = home()
    try signIn(home, minutes: 0)
    #expect(try await provider(home).failure()?.contains("login_session needs a region") == true)
  }
}
