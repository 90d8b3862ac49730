import Outbound
import TestSupport
import Testing

@testable import AWS

struct RetryingTransportTests {
  private let clock = ManualClock()
  private let request = TransportRequest(method: "GET", url: "http://127.0.0.1/")

  private func transport(_ stub: StubTransport) -> RetryingTransport {
    RetryingTransport(stub, clock: clock, policy: RetryPolicy(maxAttempts: 3), jitter: { 0 })
  }

  @Test(
    arguments: [
      .response(500), .response(429), .response(400, ["x-amzn-ErrorType": "ThrottlingException"]),
      .failure(.connect), .failure(.readTimedOut), .failure(.interrupted),
    ] as [StubTransport.Answer])
  func `What may pass is tried three times`(fault: StubTransport.Answer) async throws {
    let stub = StubTransport([fault, fault, .response(200)])
    #expect(try await transport(stub).send(request).status == 200)
    #expect(stub.requests.count == 3)
  }

  @Test func `The last answer is the caller's`() async throws {
    let stub = StubTransport([.response(500), .failure(.connect), .response(503)])
    #expect(try await transport(stub).send(request).status == 503)
  }

  @Test(
    arguments: [
      .response(200), .response(302), .response(400), .response(401), .response(403), .response(404),
    ] as [StubTransport.Answer])
  func `A definite answer is not asked for again`(answer: StubTransport.Answer) async throws {
    let stub = StubTransport([answer])
    _ = try await transport(stub).send(request)
    #expect(stub.requests.count == 1)
  }

  @Test(arguments: [TransportError.Reason.cancelled, .invalidRequest, .tooLarge])
  func `A call that cannot succeed is not repeated, whatever the rule`(reason: TransportError.Reason) async throws {
    let stub = StubTransport([.failure(reason), .response(200)])
    let eager = RetryingTransport(transport: stub, clock: clock, maxAttempts: 3) { _, _ in 0 }
    let error = await #expect(throws: TransportError.self) { try await eager.send(request) }
    #expect(error?.reason == reason)
  }

  @Test func `Cancelling ends a pause`() async throws {
    let retrying = RetryingTransport(
      transport: StubTransport([.response(500)]), clock: clock, maxAttempts: 2, delay: { _, _ in 5000 })
    let call = Task { try await retrying.send(request) }
    await clock.awaitSleep(untilBoot: 605_000)
    call.cancel()
    let error = await #expect(throws: TransportError.self) { try await call.value }
    #expect(error?.reason == .cancelled)
  }
}
