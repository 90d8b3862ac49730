import AWS
import Clocks
import FederationBroker
import HTTPTypes
import JSON
import LocalHTTP
import Secrets
import TestSupport
import Testing

@testable import LocalAPI

/// The error table of the contract, row by row.
struct ErrorTableTests {
  @Test(
    "What the request has wrong",
    arguments: [
      (.get, "/v1/instances/demo/token?minttl=5", 400, "BadRequest"),
      (.get, "/v1/instances/demo/token?min_ttl=", 400, "BadRequest"),
      (.get, "/v1/instances/demo/token?min_ttl=-1", 400, "BadRequest"),
      (.get, "/v1/instances/demo/token?min_ttl=+1", 400, "BadRequest"),
      (.get, "/v1/instances/demo/token?min_ttl=1.5", 400, "BadRequest"),
      (.get, "/v1/instances/demo/token?min_ttl=86401", 400, "BadRequest"),
      (.get, "/v1/instances/demo/token?min_ttl=99999999999999999999", 400, "BadRequest"),
      (.get, "/v1/instances/demo/token?min_ttl=1&min_ttl=1", 400, "BadRequest"),
      (.get, "/v1/instances/demo/token?field=Secret", 400, "BadRequest"),
      (.get, "/v1/instances/demo/token?field=", 400, "BadRequest"),
      (.get, "/v1/instances/demo/token?", 200, nil),
      (.get, "/v1/instances?x=1", 400, "BadRequest"),
      (.get, "/healthz?x", 400, "BadRequest"),
      (.get, "/v1/instances/%/token", 400, "BadRequest"),
      (.get, "/v1/instances/%zz/token", 400, "BadRequest"),
      (.get, "/v1/instances/a%00b/token", 400, "BadRequest"),
      (.get, "/v1/instances/%ff/token", 400, "BadRequest"),
      (.get, "/v1/instances/%2e/token", 400, "BadRequest"),
      (.get, "/v1/instances/../token", 400, "BadRequest"),
      (.get, "/v1/instances//token", 400, "BadRequest"),
      (.get, "/v1/instances/\(String(repeating: "a", count: 100))/token", 200, nil),
      (.get, "/v1/instances/\(String(repeating: "a", count: 101))/token", 400, "BadRequest"),
      (.get, "/v1/instances/\(String(repeating: "%C3%A9", count: 100))/token", 200, nil),
      (.get, "/v1/instances/demo/token?session_name=agent", 403, "SessionNameNotAllowed"),
      (.get, "/v2", 404, "NotFound"), (.get, "/v1/instances/demo", 404, "NotFound"),
      (.get, "/v1/instances/demo/token/", 404, "NotFound"), (.get, "/V1/instances/demo/token", 404, "NotFound"),
      (.get, "//v1/instances/demo/token", 404, "NotFound"), (.get, "/v1/instances/", 404, "NotFound"),
      (.get, "/v1/instances/demo/secret", 404, "NotFound"),
      (.get, "/v1/instances/demo/token/Secret", 404, "NotFound"),
      (.get, "/v1/instances/demo/token/Credentials", 404, "NotFound"),
      (.get, "/v1/instances/demo/token/UserId/x", 404, "NotFound"),
      (.get, "/v1/instances/demo/token/UserId?field=UserId", 400, "BadRequest"),
      (.delete, "/v1/instances/demo/token/UserId", 405, "MethodNotAllowed"),
      (.options, "*", 404, "NotFound"),
      (.post, "/v1/instances/demo/token", 405, "MethodNotAllowed"),
      (.put, "/v1/instances/demo/token", 405, "MethodNotAllowed"),
      (.get, "/v1/instances/demo/refresh", 405, "MethodNotAllowed"),
      (.post, "/v1/instances", 405, "MethodNotAllowed"), (.post, "/healthz", 405, "MethodNotAllowed"),
      (.delete, "/readyz", 405, "MethodNotAllowed"), (.trace, "/healthz", 405, "MethodNotAllowed"),
      (HTTPRequest.Method("get")!, "/healthz", 405, "MethodNotAllowed"),
    ] as [(HTTPRequest.Method, String, Int, String?)])
  func request(method: HTTPRequest.Method, target: String, status: Int, code: String?) async throws {
    let response = try await ServiceUnderTest.answering().ask(method, target)
    #expect(response.status.code == status)
    if let code { expectProblem(response, code: code) }
  }

  @Test(
    "The 405 names what is allowed",
    arguments: [
      ("/v1/instances/demo/token", "GET, HEAD, DELETE"), ("/v1/instances/demo/refresh", "POST"),
      ("/v1/instances", "GET, HEAD"), ("/healthz", "GET, HEAD"), ("/readyz", "GET, HEAD"),
    ])
  func allow(target: String, methods: String) async throws {
    let response = try await ServiceUnderTest.answering().ask(.patch, target)
    #expect(response.fields[.allow] == methods)
  }

  @Test("An instance that is not listed is not served")
  func notServed() async throws {
    let service = ServiceUnderTest.answering(entries: [ServiceUnderTest.entry("demo", id: "demo")])
    let response = try await service.ask(.get, "/v1/instances/other/token")
    #expect(response.status == .notFound)
    expectProblem(response, code: "InstanceNotServed")
  }

  @Test(
    "Without the token nothing is told, not even which paths there are",
    arguments: [
      "/v1/instances", "/v1/configuration", "/nothing", "/foo/sign-in", "/sign-in", "/v1/sign-in",
      "/v1/instances/sign-in",
      "/v1/instances/demo/token/sign-in", "/v1/x/demo/sign-in", "/%zz/sign-in", "//", "/v1/status-page/key/",
    ])
  func unauthorized(target: String) async throws {
    let response = try await ServiceUnderTest.answering().ask(.get, target, hasToken: false)
    #expect(response.status == .unauthorized)
    #expect(response.fields[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
    expectProblem(response, code: "Unauthorized")
  }

  @Test(
    "What AWS answers",
    arguments: [
      (.service(status: 400, code: "InvalidParameterException"), 502, "InvalidParameterException"),
      (.service(status: 400, code: "InvalidRequestException"), 502, "InvalidRequestException"),
      (.service(status: 403, code: "AccessDeniedException"), 502, "AccessDeniedException"),
      (.service(status: 403, code: "UnrecognizedClientException"), 502, "UnrecognizedClientException"),
      (.service(status: 404, code: "ResourceNotFoundException"), 404, "ResourceNotFoundException"),
      (.service(status: 404, code: "UserNotFoundException"), 404, "UserNotFoundException"),
      (.service(status: 409, code: "DuplicateResourceException"), 409, "DuplicateResourceException"),
      (.service(status: 429, code: "TooManyRequestsException"), 429, "TooManyRequestsException"),
      (.service(status: 500, code: "InternalServiceException"), 502, "InternalServiceException"),
      (.badResponse, 502, "BadUpstreamResponse"), (.timedOut, 504, "UpstreamTimeout"),
      (.unreachable, 502, "UpstreamUnreachable"), (.noCredentials, 503, "NoCredentials"), (.noRegion, 503, "NoRegion"),
      (.rateLimited, 429, "ThrottlingException"), (.shuttingDown, 503, "ShuttingDown"),
    ] as [(AWSError.Reason, Int, String)])
  func upstream(reason: AWSError.Reason, status: Int, code: String) async throws {
    // So long that a throttled request does not wait for the next attempt.
    let error = AWSError(reason, "what AWS said: \"<b>\"", requestID: "upstream-id", retryAfter: 40)
    let response = try await ServiceUnderTest.failing(error).ask(.get, "/v1/instances/demo/token")
    #expect(response.status.code == status)
    expectProblem(response, code: code)
    #expect(response.json?["detail"]?.string == "what AWS said: \"<b>\"")
    #expect(response.json?["upstream_request_id"]?.string == "upstream-id")
    #expect((response.fields[.retryAfter] != nil) == (status == 429 || status == 503))
  }

  @Test("Throttling says how long to wait, in AWS's words where it has some")
  func retryAfter() async throws {
    let error = AWSError(.service(status: 429, code: "ThrottlingException"), "slow down", retryAfter: 47)
    let response = try await ServiceUnderTest.failing(error).ask(.get, "/v1/instances/demo/token")
    #expect(response.fields[.retryAfter] == "47")
  }

  @Test("A throttled request waits for the next attempt, if that comes in time")
  func waitsWhileThrottled() async throws {
    let source = StubTokenSource()
    let service = ServiceUnderTest(source: source)
    let start = service.clock.now.boot
    async let response = service.ask(.get, "/v1/instances/demo/token")
    await source.nextCall()?.fail(
      AWSError(.service(status: 429, code: "ThrottlingException"), "slow down", retryAfter: 17))
    await service.clock.awaitSleep(untilBoot: start + 17_000)
    service.clock.advance(by: .seconds(17))
    await source.nextCall()?.succeed(
      FetchedToken(token: ServiceUnderTest.federationToken(), upstreamDate: nil, requestID: nil))
    #expect(try await response.status == .ok)
  }

  @Test("No region is told before anything is fetched")
  func noRegion() async throws {
    let source = StubTokenSource { (_, _) async throws(AWSError) in throw AWSError(.timedOut, "") }
    let response = try await ServiceUnderTest(regionIsKnown: false, source: source).ask(
      .get, "/v1/instances/demo/token")
    #expect(response.status == .serviceUnavailable)
    expectProblem(response, code: "NoRegion")
    #expect(response.fields[.retryAfter] != nil)
    #expect(source.callCount == 0)
  }

  @Test("Upstream that is too slow is a 504, and the fetch goes on")
  func timeOut() async throws {
    let source = StubTokenSource()
    let service = ServiceUnderTest(source: source)
    let start = service.clock.now.boot
    async let response = service.ask(.get, "/v1/instances/demo/token")
    let call = try #require(await source.nextCall())
    await service.clock.awaitSleep(untilBoot: start + 30_000)
    service.clock.advance(by: .seconds(30))
    #expect(try await response.status == .gatewayTimeout)
    expectProblem(try await response, code: "UpstreamTimeout")
    call.succeed(FetchedToken(token: ServiceUnderTest.federationToken(), upstreamDate: nil, requestID: nil))
    // A request that comes before the token would not wait for a call that is so old, and cause another.
    while service.broker.cached(call.key) == nil { await Task.yield() }
    #expect(try await service.ask(.get, "/v1/instances/demo/token").status == .ok)
    #expect(source.callCount == 1)
  }

  @Test("A broker that has shut down says so")
  func shuttingDown() async throws {
    let service = ServiceUnderTest.answering()
    await service.broker.shutdown()
    let response = try await service.ask(.get, "/v1/instances/demo/token")
    #expect(response.status == .serviceUnavailable)
    expectProblem(response, code: "ShuttingDown")
    #expect(response.fields[.retryAfter] != nil)
  }

  @Test(
    "What the server refuses by itself",
    arguments: [
      (.malformed("bad"), 400, "BadRequest"), (.targetTooLong, 414, "TargetTooLong"),
      (.headerTooLarge, 431, "HeaderTooLarge"), (.bodyTooLarge, 413, "BodyTooLarge"),
      (.timedOut, 408, "RequestTimeout"),
      (.unknownTransferCoding, 501, "NotImplemented"), (.unknownExpectation, 417, "ExpectationFailed"),
      (.unsupportedVersion, 505, "HTTPVersionNotSupported"), (.busy, 503, "Busy"),
    ] as [(Refusal, Int, String)])
  func refusals(refusal: Refusal, status: Int, code: String) throws {
    let service = ServiceUnderTest.answering()
    for handler in [service.service, service.admin] as [any RequestHandler] {
      let response = handler.refuse(refusal, from: ServiceUnderTest.tcp)
      #expect(response.status.code == status)
      expectProblem(response, code: code)
      #expect((response.fields[.retryAfter] != nil) == (status == 503))
    }
  }

  private func expectProblem(_ response: Response, code: String, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(response.content?.mediaType == "application/problem+json", sourceLocation: sourceLocation)
    let json = response.json
    #expect(json?["code"]?.string == code, sourceLocation: sourceLocation)
    #expect(json?["status"] == .number("\(response.status.code)"), sourceLocation: sourceLocation)
    #expect(json?["type"]?.string == "about:blank", sourceLocation: sourceLocation)
    #expect(json?["title"]?.string == response.status.reasonPhrase, sourceLocation: sourceLocation)
    #expect(json?["detail"]?.string?.isEmpty == false, sourceLocation: sourceLocation)
    #expect(json?["request_id"]?.string?.count == 36, sourceLocation: sourceLocation)
  }
}
