import Glibc
import Outbound
import Secrets
import TestSupport
import Testing

@testable import AWS

struct ContainerCredentialsTests {
  private static let answer = """
    {"AccessKeyId": "ASIAPOD", "SecretAccessKey": "secret", "Token": "session", \
    "Expiration": "2026-11-24T06:00:00Z", "AccountId": "123456789012"}
    """

  private let clock = ManualClock()

  private func provider(_ variables: [String: String]) -> ContainerCredentials {
    ContainerCredentials(environment: Environment(variables), transport: CurlTransport(), clock: clock)
  }

  private func provider(_ server: LoopbackServer, path: String = "/v1/credentials?task=7") -> ContainerCredentials {
    provider(["AWS_CONTAINER_CREDENTIALS_FULL_URI": "\(server.url)\(path)"])
  }

  @Test func `Without its variables the source has nothing to say`() async throws {
    #expect(try await provider(["AWS_CONTAINER_AUTHORIZATION_TOKEN": "t"]).credentials() == nil)
  }

  @Test func `The endpoint's answer becomes credentials`() async throws {
    let server = LoopbackServer(answers: [.response("200 OK", Self.answer)])
    let credentials = try #require(try await provider(server).credentials())
    #expect(credentials.accessKeyID == "ASIAPOD")
    #expect(credentials.secretAccessKey == Secret("secret"))
    #expect(credentials.sessionToken == Secret("session"))
    #expect(credentials.expiration == 1_795_500_000_000)
    #expect(credentials.source == "the container endpoint \(server.url)")
    let request = try #require(server.received.first)
    #expect(request.method == "GET")
    #expect(request.target == "/v1/credentials?task=7")
    #expect(request["Accept"] == "application/json")
    #expect(request["Authorization"] == nil)
  }

  @Test func `A relative address is one of the ECS agent, and goes before a full one`() async throws {
    let transport = StubTransport([.response(200, body: Self.answer)])
    let environment = Environment([
      "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/7",
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/c",
    ])
    _ = try await ContainerCredentials(environment: environment, transport: transport, clock: clock).credentials()
    let request = try #require(transport.requests.first)
    #expect(request.url == "http://169.254.170.2/v2/credentials/7")
    #expect(request.bypassesProxy)
    #expect(request.connectTimeout == 2)
    #expect(request.readTimeout == 2)
  }

  @Test(arguments: [".evil.example/c", "@evil.example/c", ":80@evil.example/", "c", "/c d", "/c#d", "/c\nHost: x"])
  func `A relative address that is no path is refused`(path: String) async throws {
    let message = await provider(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": path]).failure()
    #expect(message?.hasPrefix("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI ") == true)
  }

  @Test(arguments: [
    "http://localhost@evil.example/", "http://127.0.0.1\\@evil.example/", "file:///etc/passwd", "127.0.0.1/c",
    "http://",
    "http://127.0.0.1 .example/", "http://[::1", "http://127.0.0.1:99999/",
  ])
  func `A full address that is no address is refused`(url: String) async throws {
    let message = await provider(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]).failure()
    #expect(message?.hasPrefix("AWS_CONTAINER_CREDENTIALS_FULL_URI ") == true)
  }

  @Test func `A host that may not be asked is named, with those that may`() async throws {
    let message = await provider(["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://10.0.0.1:80/secret-path"]).failure()
    #expect(message?.contains("10.0.0.1") == true)
    #expect(message?.contains("[fd00:ec2::23]") == true)
    #expect(message?.contains("secret-path") == false)
  }

  @Test func `The token file is read for each call, and goes before the variable`() async throws {
    let directory = ScratchDirectory()
    let path = directory.write("token", "first")
    let server = LoopbackServer(answering: { _ in .response("200 OK", Self.answer) })
    let provider = provider([
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": path,
      "AWS_CONTAINER_AUTHORIZATION_TOKEN": "variable",
    ])
    _ = try await provider.credentials()
    directory.write("token", "second")
    _ = try await provider.credentials()
    #expect(server.received.map { $0["Authorization"] } == ["first", "second"])
  }

  @Test func `The token of the variable is sent as it is`() async throws {
    let server = LoopbackServer(answers: [.response("200 OK", Self.answer)])
    let variables = [
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Basic dTpw",
    ]
    _ = try await provider(variables).credentials()
    #expect(server.received.first?["Authorization"] == "Basic dTpw")
  }

  @Test(arguments: ["token\n", "token\r\nX-Other: 1", "\u{0}token", ""])
  func `A token file that holds no field value is refused before it is sent`(content: String) async throws {
    let directory = ScratchDirectory()
    directory.write("token", content)
    let server = LoopbackServer(answers: [])
    let message = await provider([
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url,
      "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "\(directory.path)/token",
    ]).failure()
    #expect(message?.contains("\(directory.path)/token (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE)") == true)
    #expect(server.received.isEmpty)
  }

  @Test(arguments: ["missing", "."])
  func `A token file that cannot be read is named`(name: String) async throws {
    let directory = ScratchDirectory()
    let message = await provider([
      "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1",
      "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "\(directory.path)/\(name)",
    ]).failure()
    #expect(message?.contains("\(directory.path)/\(name)") == true)
    #expect(message?.contains("cannot be read") == true)
  }

  @Test(
    arguments: [
      .response("500 Internal Server Error"), .response("200 OK", "not JSON"), .response("200 OK", ""), .reset,
      .raw("nonsense\r\n\r\n"), .raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"AccessKeyId\":"),
    ] as [ScriptedAnswer])
  func `An endpoint that fails twice is asked a third time, a second later each`(fault: ScriptedAnswer) async throws {
    let server = LoopbackServer(answers: [fault, fault, .response("200 OK", Self.answer)])
    async let credentials = provider(server).credentials()
    for second: Int64 in 1...2 {
      await clock.awaitSleep(untilBoot: 600_000 + second * 1000)
      clock.advance(by: .seconds(1))
    }
    #expect(try await credentials?.accessKeyID == "ASIAPOD")
    #expect(server.received.count == 3)
  }

  @Test(
    arguments: [
      (
        ScriptedAnswer.response("403 Forbidden", #"{"code":"AccessDenied","message":"no such pod"}"#),
        "status 403: AccessDenied: no such pod", .noCredentials
      ),
      (
        .response("503 Busy", "<html>"), "status 503: 503: it answered with status 503",
        .service(status: 503, code: "UpstreamError")
      ),
      (.response("302 Found", "", fields: "Location: http://169.254.169.254/\r\n"), "status 302", .noCredentials),
      (.response("200 OK", "[]"), "is not a JSON object", .badResponse),
      (.raw("nonsense\r\n\r\n"), "was not reached", .unreachable),
    ] as [(ScriptedAnswer, String, AWSError.Reason)])
  func `An endpoint that fails three times is named with its reason`(
    fault: ScriptedAnswer, text: String, reason: AWSError.Reason
  ) async throws {
    let server = LoopbackServer(answers: [fault, fault, fault])
    let provider = provider(server)
    async let failure = provider.error()
    for second: Int64 in 1...2 {
      await clock.awaitSleep(untilBoot: 600_000 + second * 1000)
      clock.advance(by: .seconds(1))
    }
    let error = try #require(await failure)
    #expect(error.message.contains("the container endpoint \(server.url)"))
    #expect(error.message.contains(text))
    #expect(error.reason == reason)
    #expect(server.received.count == 3)
  }

  @Test(arguments: [
    ("AccessKeyId", "has no AccessKeyId"), ("SecretAccessKey", "has no SecretAccessKey"), ("Token", "has no Token"),
    ("Expiration", "has no Expiration"),
  ])
  func `An answer without a member is refused, with its name`(member: String, reason: String) async throws {
    let body = Self.answer.split(separator: "\"\(member)\"").joined(separator: "\"Other\"")
    let server = LoopbackServer(answers: [.response("200 OK", body)])
    let message = await provider(server).failure()
    #expect(message?.contains(reason) == true)
    #expect(message?.contains("secret") == false)
    #expect(server.received.count == 1)
  }
}
