import AWS
import Clocks
import Configuration
import FederationBroker
import HTTPTypes
import JSON
import LocalHTTP
import Secrets
import System
import TestSupport
import Testing

@testable import LocalAPI

/// The wire protocol of Amazon Connect, as SDKs that were pointed here speak it.
struct FederateRouteTests {
  private static let now: Int64 = 1_795_478_400
  private let path = "/user/federate/demo"

  /// What a call is signed with; by default all that is right.
  private struct Signing {
    var accessKeyID = LocalAccessKey.id
    var secretAccessKey = ServiceUnderTest.token
    var sessionToken: Secret?
    var region = "eu-central-1"
    var service = "connect"
    var date = now
    var signedPath: String?
    var host = "localhost"
  }

  private func ask(
    _ service: ServiceUnderTest, _ path: String, _ signing: Signing = Signing(), method: HTTPRequest.Method = .get,
    change: (inout HTTPFields) -> Void = { _ in }
  ) async throws -> Response {
    let signed = SigV4.fields(
      signing: SigV4.Request(
        method: method.rawValue, path: signing.signedPath ?? path, fields: [("Host", Secret(signing.host))]),
      credentials: AWSCredentials(
        accessKeyID: signing.accessKeyID, secretAccessKey: signing.secretAccessKey, sessionToken: signing.sessionToken,
        source: "test"),
      region: signing.region, service: signing.service, date: signing.date)
    var fields: HTTPFields = [:]
    for field in signed { fields.append(HTTPField(name: HTTPField.Name(field.name)!, value: field.value.exposed)) }
    change(&fields)
    return try await service.ask(method, path, fields: fields, hasToken: false)
  }

  private func expectError(
    _ response: Response, _ status: Int, _ code: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(response.status.code == status, sourceLocation: sourceLocation)
    #expect(response.fields[HTTPField.Name("x-amzn-ErrorType")!] == code, sourceLocation: sourceLocation)
    #expect(response.json?["message"]?.string?.isEmpty == false, sourceLocation: sourceLocation)
    #expect(response.fields[HTTPField.Name("x-amzn-RequestId")!]?.count == 36, sourceLocation: sourceLocation)
    #expect(response.content?.mediaType == "application/json", sourceLocation: sourceLocation)
  }

  @Test("A signed call gets the answer as AWS wrote it, number for number, from the cache the second time")
  func answer() async throws {
    let service = ServiceUnderTest.answering()
    for cacheStatus in ["fedbroker; fwd=miss", "fedbroker; hit; ttl=900"] {
      let response = try await ask(service, path)
      #expect(response.status == .ok)
      #expect(
        response.text == """
          {"Credentials":{"AccessToken":"access-token","AccessTokenExpiration":1795479300.0,\
          "RefreshToken":"refresh-token","RefreshTokenExpiration":1795521600.0},\
          "SignInUrl":"https://demo.example/sign-in","UserArn":"arn:aws:connect:us-east-1:1:instance/i/agent/a",\
          "UserId":"user-id"}
          """)
      #expect(response.fields[HTTPField.Name("x-amzn-RequestId")!]?.count == 36)
      #expect(response.fields[HTTPField.Name("Cache-Status")!] == cacheStatus)
    }
  }

  @Test("The cache is one: a token fetched by either protocol answers the other")
  func oneCache() async throws {
    let source = StubTokenSource { (_, _) in
      FetchedToken(token: ServiceUnderTest.federationToken(), upstreamDate: nil, requestID: nil)
    }
    let service = ServiceUnderTest(source: source)
    _ = try await service.ask(.get, "/v1/instances/demo/token")
    #expect(try await ask(service, path).status == .ok)
    #expect(source.callCount == 1)
  }

  @Test("Aliases and encoded ARNs are instances here too")
  func names() async throws {
    let arn = "arn:aws:connect:us-east-1:1:instance/i"
    let service = ServiceUnderTest.answering(entries: [ServiceUnderTest.entry("sales", id: arn)])
    for name in ["sales", "arn%3Aaws%3Aconnect%3Aus-east-1%3A1%3Ainstance%2Fi"] {
      #expect(try await ask(service, "/user/federate/\(name)").status == .ok)
    }
    expectError(try await ask(service, "/user/federate/other"), 400, "InstanceNotServed")
  }

  @Test("The token or an allowed peer is accepted in place of a signature")
  func otherProofs() async throws {
    let service = ServiceUnderTest.answering()
    #expect(try await service.ask(.get, path).status == .ok)
    #expect(try await service.ask(.head, path).status == .ok)
  }

  @Test("What is not signed by the local key pair is refused in AWS's words")
  func refused() async throws {
    let service = ServiceUnderTest.answering()
    expectError(
      try await service.ask(.get, path, hasToken: false), 403, "MissingAuthenticationTokenException")
    expectError(
      try await service.ask(.get, path, fields: [.authorization: "Bearer wrong"]), 403,
      "MissingAuthenticationTokenException")
    expectError(
      try await ask(service, path, Signing(secretAccessKey: Secret("wrong"))), 403, "InvalidSignatureException")
    expectError(try await ask(service, path, Signing(accessKeyID: "AKIDREAL")), 403, "UnrecognizedClientException")
    expectError(
      try await ask(service, path, Signing(sessionToken: Secret("session"))), 403, "UnrecognizedClientException")
    expectError(try await ask(service, path, Signing(service: "sts")), 403, "InvalidSignatureException")
    expectError(try await ask(service, path, Signing(date: Self.now - 61)), 403, "InvalidSignatureException")
    expectError(try await ask(service, path, Signing(date: Self.now + 61)), 403, "InvalidSignatureException")
    for date in [Self.now - 60, Self.now + 60] {
      #expect(try await ask(service, path, Signing(date: date)).status == .ok)
    }
    expectError(
      try await ask(service, path, Signing(signedPath: "/user/federate/other")), 403, "InvalidSignatureException")
    expectError(try await ask(service, path, Signing(host: "127.0.0.1")), 403, "InvalidSignatureException")
    expectError(
      try await ask(service, path) { $0[.authorization] = "AWS4-HMAC-SHA256 nonsense" }, 403,
      "IncompleteSignatureException")
    expectError(
      try await ask(service, path) { $0[.authorization] = "AWS4-ECDSA-P256-SHA256 Credential=a" }, 403,
      "InvalidSignatureException")
    expectError(
      try await ask(service, path) { $0[HTTPField.Name("X-Amz-Date")!] = "20261124T000001Z" }, 403,
      "InvalidSignatureException")
    expectError(
      try await ask(service, path) { $0[HTTPField.Name("X-Amz-Date")!] = nil }, 403, "InvalidSignatureException")
    expectError(
      try await service.ask(
        .get, path + "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0", hasToken: false), 403,
      "InvalidSignatureException")
  }

  @Test("What was signed before the daemon listened opens nothing, and the answer waits for the second that counts")
  func signedBefore() async throws {
    let service = ServiceUnderTest.answering(earliestSignature: Self.now + 1)
    // In the second in which the daemon began: the date cannot tell before from after.
    async let early = ask(service, path)
    await service.clock.awaitSleep(untilBoot: service.clock.now.boot + 1000)
    service.clock.advance(by: .seconds(1))
    expectError(try await early, 503, "SignAgain")
    for date in [Self.now, Self.now - 59] {
      let response = try await ask(service, path, Signing(date: date))
      expectError(response, 503, "SignAgain")
      #expect(response.fields[.retryAfter] == "1")
    }
    #expect(try await ask(service, path, Signing(date: Self.now + 1)).status == .ok)
    // Set back, the clock shows times again at which another program may have listened.
    service.clock.setWall((Self.now - 3600) * 1000)
    expectError(try await ask(service, path, Signing(date: Self.now)), 403, "InvalidSignatureException")
    async let setBack = ask(service, path, Signing(date: Self.now - 3600))
    await service.clock.awaitSleep(untilBoot: service.clock.now.boot + 1000)
    service.clock.advance(by: .seconds(1))
    expectError(try await setBack, 503, "SignAgain")
  }

  @Test("Each answer to what the local key pair signed carries its proof, and no other answer")
  func proof() async throws {
    let service = ServiceUnderTest.answering(earliestSignature: Self.now - 30)
    let name = HTTPField.Name("Fedbroker-Proof")!
    for (target, method, date) in [
      (path, .get, Self.now), (path, .head, Self.now), ("/v1/instances/demo/token", .get, Self.now),
      ("/v1/instances/demo/token", .delete, Self.now), ("/healthz", .get, Self.now), ("/nothing", .get, Self.now),
      ("/v1/instances/%00/token", .get, Self.now), (path, .post, Self.now), (path, .get, Self.now - 61),
      (path, .get, Self.now - 31),
    ] as [(String, HTTPRequest.Method, Int64)] {
      var signature = ""
      let response = try await ask(service, target, Signing(date: date), method: method) { fields in
        signature = SigV4Authorization(parsing: fields[.authorization] ?? "", mostNames: 10)?.signature ?? ""
      }
      let content = method == .head ? Secret("") : response.content?.bytes ?? Secret("")
      let expected = AnswerProof.value(
        token: ServiceUnderTest.token, signature: signature, status: response.status.code,
        contentDigest: Digest.hexadecimal(of: content))
      #expect(response.fields[name] == expected, "\(method) \(target)")
    }
    for signing in [
      Signing(secretAccessKey: Secret("wrong")), Signing(accessKeyID: "AKIDREAL"), Signing(service: "sts"),
    ] {
      #expect(try await ask(service, path, signing).fields[name] == nil)
    }
    #expect(try await service.ask(.get, path).fields[name] == nil)
    #expect(try await service.ask(.get, path, hasToken: false).fields[name] == nil)
  }

  @Test("The admin listener proves itself to who signs, and needs no signature")
  func adminProof() async throws {
    let service = ServiceUnderTest.answering()
    let name = HTTPField.Name("Fedbroker-Proof")!
    func ask(_ secret: Secret) async throws -> Response {
      let signed = SigV4.fields(
        signing: SigV4.Request(method: "GET", path: "/readyz", fields: [("Host", Secret("localhost"))]),
        credentials: AWSCredentials(accessKeyID: LocalAccessKey.id, secretAccessKey: secret, source: "test"),
        region: "us-east-1", service: "connect", date: Self.now)
      var fields: HTTPFields = [:]
      for field in signed { fields.append(HTTPField(name: HTTPField.Name(field.name)!, value: field.value.exposed)) }
      return try await service.ask(.get, "/readyz", fields: fields, hasToken: false, of: service.admin)
    }
    let proven = try await ask(ServiceUnderTest.token)
    #expect(proven.status == .ok)
    #expect(proven.fields[name]?.count == 64)
    let unproven = try await ask(Secret("wrong"))
    #expect(unproven.status == .ok)
    #expect(unproven.fields[name] == nil)
  }

  @Test("A signature that names more fields than there are is refused, whatever it names")
  func tooManyNames() async throws {
    let service = ServiceUnderTest.answering()
    for names in [(0..<5000).map { "n\($0)" }.sorted(), ["host", "x-amz-date", "x-none-1", "x-none-2"]] {
      let response = try await ask(service, path) { fields in
        let scope = "Credential=fedbroker/20261124/us-east-1/connect/aws4_request"
        fields[.authorization] =
          "AWS4-HMAC-SHA256 \(scope), SignedHeaders=\(names.joined(separator: ";")), Signature=0"
      }
      expectError(response, 403, "IncompleteSignatureException")
    }
  }

  @Test("A signed body is not kept, and is signed all the same")
  func signedBody() throws {
    let service = ServiceUnderTest.answering().service
    for (body, status) in [("hello", 404), ("other", 403)] {
      let signed = SigV4.fields(
        signing: SigV4.Request(
          method: "PUT", path: "/users/demo", fields: [("Host", Secret("localhost"))],
          payloadHash: Digest.hexadecimal(of: "hello")),
        credentials: AWSCredentials(
          accessKeyID: LocalAccessKey.id, secretAccessKey: ServiceUnderTest.token, sessionToken: nil, source: "test"),
        region: "us-east-1", service: "connect", date: Self.now)
      var fields: HTTPFields = [:]
      for field in signed { fields.append(HTTPField(name: HTTPField.Name(field.name)!, value: field.value.exposed)) }
      let request = try Request(method: .put, target: "/users/demo", fields: fields, body: Array(body.utf8))
      guard case .granted(BodyUse(keptBytes: 0, needsDigest: true)) = service.admit(request, from: ServiceUnderTest.tcp)
      else { return #expect(Bool(false), "not to be dropped with its digest") }
      let code =
        switch service.answer(request, from: ServiceUnderTest.tcp) {
        case .now(let response), .refused(let response): response.status.code
        case .later, .lasting, .abort: 0
        }
      #expect(code == status)
    }
  }

  @Test("A query that was added after signing is noticed")
  func addedQuery() async throws {
    let response = try await ask(ServiceUnderTest.answering(), path + "?a=b", Signing(signedPath: path))
    expectError(response, 403, "InvalidSignatureException")
  }

  @Test("A forwarded or cross-site call is refused, however well signed")
  func guarded() async throws {
    let service = ServiceUnderTest.answering()
    expectError(try await ask(service, path) { $0[HTTPField.Name("Via")!] = "1.1 proxy" }, 403, "Forbidden")
    expectError(try await ask(service, path) { $0[.origin] = "http://attacker.example" }, 403, "Forbidden")
  }

  @Test("Other operations are unknown, and the message says what is served")
  func otherOperations() async throws {
    let service = ServiceUnderTest.answering()
    for path in ["/users-summary/demo", "/instance/demo", "/", "/user/federate/a/b"] {
      let response = try await ask(service, path)
      expectError(response, 404, "UnknownOperationException")
      #expect(response.json?["message"]?.string?.contains("GetFederationToken only") == true)
    }
    expectError(try await ask(service, path, method: .post), 404, "UnknownOperationException")
  }

  @Test("A signature opens our own routes too, with errors in our words")
  func ownRoutes() async throws {
    let service = ServiceUnderTest.answering()
    #expect(try await ask(service, "/v1/instances").status == .ok)
    let response = try await ask(service, "/v1/instances", Signing(secretAccessKey: Secret("wrong")))
    #expect(response.status == .forbidden)
    #expect(response.code == "InvalidSignatureException")
    #expect(response.content?.mediaType == "application/problem+json")
  }

  @Test(
    "AWS's errors keep their status, and ours that do not mend themselves are no reason to try again",
    arguments: [
      (.service(status: 400, code: "InvalidRequestException"), 400, "InvalidRequestException"),
      (.service(status: 403, code: "AccessDeniedException"), 403, "AccessDeniedException"),
      (.service(status: 404, code: "UserNotFoundException"), 404, "UserNotFoundException"),
      (.service(status: 409, code: "DuplicateResourceException"), 409, "DuplicateResourceException"),
      (.service(status: 429, code: "TooManyRequestsException"), 429, "TooManyRequestsException"),
      (.service(status: 500, code: "InternalServiceException"), 500, "InternalServiceException"),
      (.noCredentials, 400, "NoCredentials"), (.noRegion, 400, "NoRegion"),
      (.badResponse, 502, "BadUpstreamResponse"), (.timedOut, 504, "UpstreamTimeout"),
      (.rateLimited, 429, "ThrottlingException"),
    ] as [(AWSError.Reason, Int, String)])
  func upstream(reason: AWSError.Reason, status: Int, code: String) async throws {
    // So long that a throttled request does not wait for the next attempt.
    let error = AWSError(reason, "why", requestID: "11111111-2222-3333-4444-555555555555", retryAfter: 40)
    let response = try await ask(ServiceUnderTest.failing(error), path)
    expectError(response, status, code)
    #expect(response.json?["message"]?.string == "why")
    #expect(response.fields[HTTPField.Name("x-amzn-RequestId")!] == "11111111-2222-3333-4444-555555555555")
  }
}
