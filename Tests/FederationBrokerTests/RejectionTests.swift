import AWS
import FederationBroker
import RefreshingCache
import TestSupport
import Testing

/// What AWS's errors say about the tokens that are cached.
struct RejectionTests {
  let key = TokenKey.instance("sales", profile: "day")
  let sibling = TokenKey.instance("support", profile: "day")
  let stranger = TokenKey.instance("sales", profile: "night")

  /// The keys whose token is still served after a refresh of `key` failed with `error`.
  private func served(after error: AWSError) async throws -> (keys: Set<TokenKey>, broker: Broker<Served>) {
    let source = StubTokenSource()
    let broker = Broker(source: source, clock: ManualClock(now: start), jitter: .least) { Served($0) }
    for key in [key, sibling, stranger] {
      async let answer = broker.token(for: key)
      await source.nextCall()?.succeed(.living(3600, at: start))
      _ = try await answer
    }
    let refresh = Task { () async throws(BrokerError) in try await broker.refresh(key) }
    await source.nextCall()?.fail(error)
    // Who is throttled is told when the next fetch may go.
    let told = error.verdict == .throttled ? error.retrying(after: 1) : error
    await #expect(throws: BrokerError.source(told)) { try await refresh.value }
    // Siblings are erased soon after the caller is told.
    if error.verdict == .rejectsSiblings { while broker.cached(sibling) != nil { await Task.yield() } }
    return (Set([key, sibling, stranger].filter { broker.cached($0) != nil }), broker)
  }

  @Test(arguments: [
    "AccessDeniedException", "AccessDenied", "UserNotFoundException", "ResourceNotFoundException",
  ])
  func `a definite rejection erases the key's live token, and no other`(code: String) async throws {
    let (keys, broker) = try await served(after: .service(403, code))
    #expect(keys == [sibling, stranger])
    await broker.shutdown()
  }

  @Test(arguments: [
    AWSError(.noCredentials, "Log in again."), .service(403, "UnrecognizedClientException"),
    .service(403, "InvalidClientTokenId"), .service(403, "InvalidClientTokenIdException"),
  ])
  func `void credentials erase every token that was asked for with them`(error: AWSError) async throws {
    let (keys, broker) = try await served(after: error)
    #expect(keys == [stranger])
    #expect(broker.snapshot().first { $0.key == sibling }?.lastError == error)
    await broker.shutdown()
  }

  @Test(arguments: [
    AWSError.unreachable, .service(429, "ThrottlingException"), .service(500, "InternalServiceException"),
    .service(400, "InvalidRequestException"), .service(409, "DuplicateResourceException"),
    .service(403, "InvalidSignatureException"), .service(403, "ExpiredTokenException"), .service(502, "Exception"),
    AWSError(.timedOut, ""), AWSError(.badResponse, ""), AWSError(.noRegion, ""),
    AWSError(.rateLimited, ""), AWSError(.shuttingDown, ""),
  ])
  func `any other failure leaves the live token`(error: AWSError) async throws {
    let (keys, broker) = try await served(after: error)
    #expect(keys == [key, sibling, stranger])
    await broker.shutdown()
  }
}
