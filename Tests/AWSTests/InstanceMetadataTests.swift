import Clocks
import Outbound
import Secrets
import TestSupport
import Testing

@testable import AWS

struct InstanceMetadataTests {
  private static let answer = """
    {"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": "2026-11-24T00:00:00Z", "AccessKeyId": "ASIAEC2", \
    "SecretAccessKey": "secret", "Token": "session", "Expiration": "2026-11-24T06:00:00Z"}
    """

  /// A service that behaves, but where `fault` says otherwise.
  private static func service(
    answer: String = answer, fault: @escaping @Sendable (ReceivedRequest) -> ScriptedAnswer? = { _ in nil }
  ) -> LoopbackServer {
    LoopbackServer(answering: { request in
      if let fault = fault(request) { return fault }
      switch (request.method, request.target) {
      case ("PUT", "/latest/api/token"):
        return request["X-aws-ec2-metadata-token-ttl-seconds"] == "21600"
          ? .response("200 OK", "session-token") : .response("400 Bad Request")
      case _ where request["X-aws-ec2-metadata-token"] != "session-token": return .response("401 Unauthorized")
      case ("GET", "/latest/meta-data/iam/security-credentials/"): return .response("200 OK", "Agent+Role@ec2")
      case ("GET", "/latest/meta-data/iam/security-credentials/Agent+Role@ec2"): return .response("200 OK", answer)
      case ("GET", "/latest/meta-data/placement/region"): return .response("200 OK", "eu-west-3")
      default: return .response("404 Not Found")
      }
    })
  }

  private let clock = ManualClock()

  private func source(
    _ transport: any HTTPTransport, _ variables: [String: String] = [:], jitter: Double = 0
  ) -> InstanceMetadataCredentials {
    InstanceMetadataCredentials(
      metadata: InstanceMetadata(transport: transport, clock: clock), environment: Environment(variables), section: nil,
      clock: clock, jitter: { jitter })
  }

  private func source(_ server: LoopbackServer, attempts: Int = 1, timeout: Int = 60) -> InstanceMetadataCredentials {
    source(
      CurlTransport(),
      [
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url, "AWS_METADATA_SERVICE_NUM_ATTEMPTS": String(attempts),
        "AWS_METADATA_SERVICE_TIMEOUT": String(timeout),
      ])
  }

  @Test func `The instance's role gives credentials, by a session of six hours`() async throws {
    let server = Self.service()
    let credentials = try #require(try await source(server).credentials())
    #expect(credentials.accessKeyID == "ASIAEC2")
    #expect(credentials.secretAccessKey == Secret("secret"))
    #expect(credentials.sessionToken == Secret("session"))
    #expect(credentials.expiration == 1_795_500_000_000)
    #expect(
      server.received.map { "\($0.method) \($0.target)" } == [
        "PUT /latest/api/token", "GET /latest/meta-data/iam/security-credentials/",
        "GET /latest/meta-data/iam/security-credentials/Agent+Role@ec2",
      ])
  }

  @Test func `A session is kept until it ends`() async throws {
    let server = Self.service()
    let source = source(server)
    _ = try await source.credentials()
    clock.advance(by: .seconds(21_599))
    _ = try await source.credentials()
    #expect(server.received.filter { $0.method == "PUT" }.count == 1)
    clock.advance(by: .seconds(1))
    _ = try await source.credentials()
    #expect(server.received.filter { $0.method == "PUT" }.count == 2)
  }

  @Test func `A session that the service ended is renewed once`() async throws {
    let server = LoopbackServer(answers: [
      .response("200 OK", "first"), .response("401 Unauthorized"), .response("200 OK", "second"),
      .response("200 OK", "Agent"), .response("200 OK", Self.answer),
    ])
    #expect(try await source(server).credentials() != nil)
    #expect(
      server.received.map { $0["X-aws-ec2-metadata-token"] } == [nil, "first", nil, "second", "second"])
  }

  @Test func `A service that accepts no session is not asked for ever`() async throws {
    let server = Self.service { $0.method == "GET" ? .response("401 Unauthorized") : nil }
    #expect(await source(server).failure()?.contains("status 401") == true)
    #expect(server.received.count == 4)
  }

  @Test func `The region is the instance's`() async throws {
    let server = Self.service()
    let environment = Environment([
      "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url, "AWS_METADATA_SERVICE_TIMEOUT": "60",
    ])
    let settings = try #require(try InstanceMetadataSettings(environment: environment, section: nil))
    let metadata = InstanceMetadata(transport: CurlTransport(), clock: clock)
    #expect(await metadata.region(settings) == "eu-west-3")
  }

  @Test(
    arguments: [
      .response("404 Not Found"), .response("200 OK", "evil.example/x"), .response("200 OK", "eu west"),
      .response("200 OK", ""),
    ] as [ScriptedAnswer])
  func `What is no region is none`(answer: ScriptedAnswer) async throws {
    let server = Self.service { $0.target.hasSuffix("region") ? answer : nil }
    let environment = Environment([
      "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url, "AWS_METADATA_SERVICE_TIMEOUT": "60",
    ])
    let settings = try #require(try InstanceMetadataSettings(environment: environment, section: nil))
    #expect(await InstanceMetadata(transport: CurlTransport(), clock: clock).region(settings) == nil)
    #expect(server.received.last?.target == "/latest/meta-data/placement/region")
  }

  @Test func `Switched off, nothing is asked`() async throws {
    let transport = StubTransport([])
    #expect(try await source(transport, ["AWS_EC2_METADATA_DISABLED": "True"]).credentials() == nil)
    #expect(transport.requests.isEmpty)
  }

  @Test(arguments: [TransportError.Reason.connect, .connectTimedOut, .readTimedOut])
  func `Where nothing answers there are no credentials, and no error`(reason: TransportError.Reason) async throws {
    let transport = StubTransport([.failure(reason)])
    #expect(try await source(transport).credentials() == nil)
    let request = try #require(transport.requests.first)
    #expect(request.url == "http://169.254.169.254/latest/api/token")
    #expect(request.method == "PUT")
    #expect(request.bypassesProxy)
    #expect(request.connectTimeout == 1)
    #expect(request.readTimeout == 1)
  }

  @Test func `An instance that answered once and falls silent has an outage`() async throws {
    let transport = StubTransport([
      .response(200, body: "token"), .response(200, body: "Agent"), .response(200, body: Self.answer),
    ])
    let source = source(transport)
    #expect(try await source.credentials() != nil)
    transport.answerNext(.failure(.readTimedOut))
    let error = await source.error()
    #expect(error?.message == "instance metadata at http://169.254.169.254 was not reached: scripted")
    #expect(error?.reason == .timedOut)
  }

  @Test func `A cancelled call does not pass for a host without the service`() async throws {
    #expect(await source(StubTransport([.failure(.cancelled)])).failure() != nil)
  }

  @Test func `A service that was configured and is not there is an error`() async throws {
    let variables = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1"]
    #expect(await source(CurlTransport(), variables).failure()?.contains("http://127.0.0.1:1 was not reached") == true)
  }

  @Test func `A service that hangs is given up after its time-out`() async throws {
    let server = Self.service { _ in .silence }
    #expect(await source(server, timeout: 1).failure()?.contains("was not reached") == true)
    #expect(server.connectionCount == 1)
  }

  @Test(
    arguments: [
      .response("500 Internal Server Error"), .response("503 Busy"), .response("200 OK", ""), .reset,
      .raw("nonsense\r\n\r\n"), .raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nAgent"),
    ] as [ScriptedAnswer])
  func `Attempts that are allowed are made`(fault: ScriptedAnswer) async throws {
    let server = LoopbackServer(answers: [
      .response("200 OK", "token"), fault, fault, .response("200 OK", "Agent"), .response("200 OK", Self.answer),
    ])
    #expect(try await source(server, attempts: 3).credentials()?.accessKeyID == "ASIAEC2")
    #expect(server.received.count == 5)
  }

  @Test(
    arguments: [
      (
        "PUT /latest/api/token", ScriptedAnswer.response("403 Forbidden"), "gave no session token (IMDSv2)",
        .noCredentials
      ),
      ("PUT /latest/api/token", .response("404 Not Found"), "gave no session token (IMDSv2)", .noCredentials),
      (
        "GET /latest/meta-data/iam/security-credentials/", .response("404 Not Found"), "attach an instance profile",
        .noCredentials
      ),
      ("GET /latest/meta-data/iam/security-credentials/", .response("200 OK", "../x"), "names no role", .badResponse),
      ("GET /latest/meta-data/iam/security-credentials/", .response("200 OK", "<html>"), "names no role", .badResponse),
      (
        "GET /latest/meta-data/iam/security-credentials/", .response("500 Oops"), "status 500",
        .service(status: 500, code: "UpstreamError")
      ),
      (
        "GET /latest/meta-data/iam/security-credentials/Agent+Role@ec2", .response("200 OK", "{"),
        "is not a JSON object", .badResponse
      ),
      (
        "GET /latest/meta-data/iam/security-credentials/Agent+Role@ec2",
        .response("200 OK", #"{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume the role"}"#),
        "AssumeRoleUnauthorizedAccess: EC2 cannot assume the role", .noCredentials
      ),
      (
        "GET /latest/meta-data/iam/security-credentials/Agent+Role@ec2", .response("200 OK", "{}"),
        "has no AccessKeyId", .badResponse
      ),
      (
        "GET /latest/meta-data/iam/security-credentials/",
        .response("302 Found", "", fields: "Location: http://127.0.0.1:1/\r\n"), "status 302", .noCredentials
      ),
    ] as [(String, ScriptedAnswer, String, AWSError.Reason)])
  func `What the service lacks is said`(
    request: String, answer: ScriptedAnswer, text: String, reason: AWSError.Reason
  ) async throws {
    let server = Self.service { "\($0.method) \($0.target)" == request ? answer : nil }
    let error = try #require(await source(server).error())
    #expect(error.message.contains(server.url))
    #expect(error.message.contains(text))
    #expect(error.reason == reason)
  }

  @Test(arguments: [
    ("Agent+Role@ec2\n", true), ("Agent+Role@ec2\r\n", true), ("Agent+Role@ec2\nOther", true),
    ("Agent+Role@ec2\r\nOther\r\n", true), ("Agent+Role@ec2\rOther", true), ("\nAgent+Role@ec2", false),
    ("\r\n", false), (" Agent+Role@ec2", false), ("Agent+Role@ec2 ", false), ("Agent+Role@ec2\0", false),
    ("Agent+Role@ec2\t\n", false), ("Agent+Role@ec2?x", false), ("Agent+Role@ec2#x", false), ("..\n", false),
    (String(repeating: "x", count: 65), false), ("r\u{f4}le", false), ("Agent+Role@ec2/x", false),
  ])
  func `Of the names of roles the first line counts, if it is one`(names: String, isRole: Bool) async throws {
    let server = Self.service { $0.target.hasSuffix("/security-credentials/") ? .response("200 OK", names) : nil }
    if isRole {
      #expect(try await source(server).credentials()?.accessKeyID == "ASIAEC2")
    } else {
      #expect(await source(server).failure()?.hasSuffix("names no role") == true)
      #expect(server.received.last?.target == "/latest/meta-data/iam/security-credentials/")
    }
  }

  @Test(arguments: [(0.0, Int64(17)), (1.0, 25)])
  func `Credentials that have run out are used on`(jitter: Double, minutes: Int64) async throws {
    let old = Self.answer.split(separator: "2026-11-24T06").joined(separator: "2026-11-23T06")
    let transport = StubTransport([
      .response(200, body: "token"), .response(200, body: "Agent"), .response(200, body: old),
    ])
    let credentials = try await source(transport, jitter: jitter).credentials()
    #expect(credentials?.expiration == clock.now.wall + minutes * 60_000)
  }
}
