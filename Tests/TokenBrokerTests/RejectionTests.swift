import Testing

@testable import TokenBroker

struct RejectionTests {
  let key = TokenKey.instance("sales", profile: "day")
  let sibling = TokenKey.instance("support", profile: "day")
  let stranger = TokenKey.instance("sales", profile: "night")
  var cache = DrivenCache()

  init() {
    for key in [key, sibling, stranger] { cache.hold(key, lifetime: 3600) }
  }

  @Test(arguments: [
    "AccessDeniedException", "AccessDenied", "UserNotFoundException", "ResourceNotFoundException",
  ])
  mutating func `a definite rejection erases the key's live token, and no other`(code: String) {
    cache.refresh(key)
    cache.fail(key, .service(403, code))
    #expect(cache.hit(key) == nil)
    #expect(cache.takeActions().events.contains(.rejected(key, .forced, .service(403, code))))
    #expect(cache.hit(sibling) != nil)
    #expect(cache.hit(stranger) != nil)
  }

  @Test(arguments: [
    TokenSourceError(.noCredentials, "Log in again."), .service(403, "UnrecognizedClientException"),
    .service(403, "InvalidClientTokenId"), .service(403, "InvalidClientTokenIdException"),
  ])
  mutating func `void credentials erase every token that was asked for with them`(error: TokenSourceError) {
    cache.refresh(key)
    cache.fail(key, error)
    #expect(cache.hit(key) == nil)
    #expect(cache.hit(sibling) == nil)
    #expect(cache.snapshot(sibling)?.lastError == error)
    #expect(cache.hit(stranger) != nil)
  }

  @Test(arguments: [
    TokenSourceError.unreachable, .service(429, "ThrottlingException"), .service(500, "InternalServiceException"),
    .service(400, "InvalidRequestException"), .service(409, "DuplicateResourceException"),
    .service(403, "InvalidSignatureException"), .service(403, "ExpiredTokenException"), .service(502, "Exception"),
    TokenSourceError(.timedOut, ""), TokenSourceError(.badResponse, ""), TokenSourceError(.noRegion, ""),
    TokenSourceError(.rateLimited, ""), TokenSourceError(.shuttingDown, ""),
  ])
  mutating func `any other failure leaves the live token`(error: TokenSourceError) {
    cache.refresh(key)
    cache.fail(key, error)
    #expect(cache.hit(key) != nil)
  }

  @Test mutating func `a warm key that was rejected is tried again once a minute`() {
    cache.setWarm([key])
    cache.refresh(key)
    cache.fail(key, .denied)
    for _ in 0..<3 {
      _ = cache.takeActions()
      cache.pass(59.999)
      #expect(cache.takeFetches().isEmpty)
      cache.pass(0.001)
      #expect(cache.takeFetches() == [.background])
      cache.fail(key, .denied)
    }
  }

  @Test mutating func `a rejected key that is not warm is left alone, its failure shown for the idle time`() {
    cache.refresh(key)
    cache.fail(key, .denied)
    _ = cache.takeActions()
    cache.pass(3599)
    #expect(cache.snapshot(key)?.lastError == .denied)
    cache.pass(1)
    #expect(cache.snapshot(key) == nil)
    #expect(!cache.takeActions().fetchedKeys.contains(key))
  }
}
