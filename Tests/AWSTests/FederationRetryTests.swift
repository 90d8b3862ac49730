import AWS
import Outbound
import Synchronization
import TestSupport
import Testing

struct FederationRetryTests {
  @Test func `Transient errors are retried with growing pauses, each attempt admitted`() async throws {
    let call = FederationFixture(answers: [
      .failure(.interrupted), .response(503), .response(200, body: goodBody),
    ])
    _ = try await call.fetch()
    #expect(call.clock.sleeps == [500, 1000])
    #expect(
      call.rateLimit.events == [
        "admit us-west-2 miss", "admit us-west-2 miss", "admit us-west-2 miss", "succeeded us-west-2",
      ])
  }

  @Test func `The last of three attempts decides`() async {
    let call = FederationFixture(answers: [
      .response(500), .response(500), .failure(.readTimedOut), .response(200, body: goodBody),
    ])
    #expect(await call.failure()?.reason == .timedOut)
    #expect(call.transport.requests.count == 3)
  }

  @Test(arguments: [
    StubTransport.Answer.response(429, ["x-amzn-ErrorType": "TooManyRequestsException", "Retry-After": "2"]),
    .response(400, ["Retry-After": "2"], body: "{\"__type\":\"a.b#ThrottlingException\"}"),
    .response(503, ["Retry-After": "2"], body: "{\"__type\":\"SlowDown\"}"),
  ])
  func `Throttling slows the limit down, and is not retried within the fetch`(answer: StubTransport.Answer) async {
    let call = FederationFixture(answers: [answer, .response(200, body: goodBody)])
    #expect(await call.failure()?.retryAfter == 2)
    #expect(call.transport.requests.count == 1)
    #expect(call.clock.sleeps == [])
    #expect(call.rateLimit.events == ["admit us-west-2 miss", "throttled us-west-2"])
  }

  @Test func `A longer wish of the server is passed on instead of waited for`() async {
    let call = FederationFixture(answers: [.response(503, ["Retry-After": "60"]), .response(200, body: goodBody)])
    let error = await call.failure()
    #expect(error?.retryAfter == 60)
    #expect(call.clock.sleeps == [])
  }

  @Test func `A refusal of our own limit ends the call before anything is sent`() async {
    let refusal = AWSError(.rateLimited, "full", retryAfter: 3)
    let call = FederationFixture(rateLimit: RecordingRateLimit(refusal: refusal))
    #expect(await call.failure() == refusal)
    #expect(call.transport.requests.isEmpty)
  }

  @Test func `Retries stop when the quota is used up`() async {
    let call = FederationFixture(answers: Array(repeating: .failure(.connectTimedOut), count: 200))
    // Two retries a call at 10 each: 25 calls.
    for _ in 0..<25 { _ = await call.failure() }
    #expect(call.transport.requests.count == 75)
    #expect(await call.failure()?.reason == .timedOut)
    #expect(call.transport.requests.count == 76)
  }

  @Test func `A wrong clock is corrected once, and the correction is kept`() async throws {
    // AWS is 1000 s ahead.
    let refusal = StubTransport.Answer.response(
      403, ["Date": "Sun, 24 Nov 2024 16:16:40 GMT"], body: "{\"message\":\"Signature expired\"}")
    let call = FederationFixture(answers: [refusal, .response(200, body: goodBody), .response(200, body: goodBody)])
    _ = try await call.fetch()
    _ = try await call.fetch()
    #expect(
      call.transport.requests.map { $0.field("X-Amz-Date") } == [
        "20241124T160000Z", "20241124T161640Z", "20241124T161640Z",
      ])
    #expect(call.clock.sleeps == [])
  }

  @Test func `A clock that is right again is corrected back`() async throws {
    let ahead = StubTransport.Answer.response(403, ["Date": "Sun, 24 Nov 2024 16:16:40 GMT"])
    let right = StubTransport.Answer.response(403, ["Date": "Sun, 24 Nov 2024 16:00:00 GMT"])
    let call = FederationFixture(answers: [
      ahead, .response(200, body: goodBody), right, .response(200, body: goodBody),
    ])
    _ = try await call.fetch()
    _ = try await call.fetch()
    #expect(call.transport.requests.last?.field("X-Amz-Date") == "20241124T160000Z")
  }

  @Test func `A call that was signed before another corrected the clock is tried again too`() async throws {
    let refusal = StubTransport.Answer.response(403, ["Date": "Sun, 24 Nov 2024 16:16:40 GMT"])
    let good = StubTransport.Answer.response(200, body: goodBody)
    let call = FederationFixture()
    let transport = OvertakenTransport([refusal, good, refusal, good])
    let federation = call.federation(over: transport)
    async let first = federation.fetch(call.key, priority: { .miss })
    async let second = federation.fetch(call.key, priority: { .miss })
    _ = try await (first, second)
  }

  @Test func `A second refusal over the clock is final`() async {
    let call = FederationFixture(answers: [
      .response(403, ["Date": "Sun, 24 Nov 2024 16:16:40 GMT"], body: "{\"__type\":\"RequestExpired\"}"),
      .response(403, ["Date": "Sun, 24 Nov 2024 18:00:00 GMT"], body: "{\"__type\":\"RequestExpired\"}"),
    ])
    #expect(await call.failure()?.reason == .service(status: 403, code: "RequestExpired"))
    #expect(call.transport.requests.count == 2)
  }

  @Test(arguments: [
    "Sun, 24 Nov 2024 16:03:59 GMT", "Sun, 24 Nov 2024 15:56:01 GMT", "Sun, 24 Nov 2024 17:00:00 +0000", "",
  ])
  func `A 403 with a date like ours, or none, is a refusal`(date: String) async {
    let call = FederationFixture(answers: [
      .response(
        403, ["Date": date, "x-amzn-ErrorType": "AccessDeniedException:http://docs"], body: "{\"Message\":\"no\"}")
    ])
    #expect(
      await call.failure() == AWSError(.service(status: 403, code: "AccessDeniedException"), "no"))
    #expect(call.transport.requests.count == 1)
  }

  @Test func `Credentials that expired are renewed once`() async throws {
    let call = FederationFixture()
    let directory = call.profile.directory
    let transport = RenewingTransport(
      [.response(403, ["x-amzn-ErrorType": "ExpiredTokenException"]), .response(200, body: goodBody)]
    ) {
      directory.write(".aws/credentials", "[default]\naws_access_key_id = B\naws_secret_access_key = s\n")
    }
    let federation = call.federation(over: transport)
    _ = try await federation.fetch(call.key, priority: { .miss })
    #expect(
      transport.requests.map { $0.field("Authorization")?.contains("Credential=A/") } == [true, false])
  }

  @Test func `Expired credentials that are the newest there are end the call`() async {
    let call = FederationFixture(answers: [
      .response(403, ["x-amzn-ErrorType": "ExpiredToken"]), .response(200, body: goodBody),
    ])
    #expect(await call.failure()?.reason == .service(status: 403, code: "ExpiredToken"))
    #expect(call.transport.requests.count == 1)
  }

  @Test(arguments: [
    (TransportError.Reason.connectTimedOut, AWSError.Reason.timedOut), (.readTimedOut, .timedOut),
    (.resolve, .unreachable), (.connect, .unreachable), (.tls, .unreachable), (.interrupted, .unreachable),
    (.invalidRequest, .unreachable), (.tooLarge, .badResponse), (.cancelled, .shuttingDown),
  ])
  func `Trouble on the way has a reason of its own`(
    transport: TransportError.Reason, reason: AWSError.Reason
  ) async {
    let call = FederationFixture(answers: Array(repeating: .failure(transport), count: 3))
    #expect(await call.failure()?.reason == reason)
  }

  @Test func `A call that is cancelled while it pauses ends`() async {
    let call = FederationFixture(answers: [.response(503)])
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return await call.failure()
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

/// Holds the first request back until the second and the third have been answered.
private final class OvertakenTransport: HTTPTransport {
  private let stub: StubTransport
  private let count = Atomic(0)
  private let overtaking = AsyncStream<Never>.makeStream()

  init(_ answers: [StubTransport.Answer]) { stub = StubTransport(answers) }

  func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
    let number = count.add(1, ordering: .relaxed).newValue
    if number == 1 { for await _ in overtaking.stream {} }
    defer { if number == 3 { overtaking.continuation.finish() } }
    return try await stub.send(request)
  }
}
