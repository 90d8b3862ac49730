import Testing

@testable import AWS

@Suite struct LegacyRetryPolicyTests {
  private func maxAttempts(_ environment: [String: String]) -> Int {
    LegacyRetryPolicy(environment: Environment(environment), section: nil).maxAttempts
  }

  @Test func `There are five attempts, or as many as are configured`() {
    #expect(maxAttempts([:]) == 5)
    #expect(maxAttempts(["AWS_RETRY_MODE": "legacy"]) == 5)
    #expect(maxAttempts(["AWS_RETRY_MODE": "standard"]) == 3)
    #expect(maxAttempts(["AWS_MAX_ATTEMPTS": "2"]) == 2)
    #expect(maxAttempts(["AWS_MAX_ATTEMPTS": "0"]) == 5)
    #expect(maxAttempts(["AWS_MAX_ATTEMPTS": "many"]) == 5)
  }

  @Test(
    "Only what may pass is tried again",
    arguments: [
      (500, "", true), (502, "", true), (503, "", true), (504, "", true), (509, "", true), (429, "", true),
      (501, "", false), (400, "ThrottlingException", true), (403, "ThrottlingException", false),
      (400, "InvalidRequestException", false), (404, "", false),
    ])
  func transience(status: Int, code: String, isTransient: Bool) {
    #expect(LegacyRetryPolicy.isTransient(status: status, code: code) == isTransient)
  }

  @Test func `The pause is at random below a ceiling that doubles`() {
    #expect((1...5).map { LegacyRetryPolicy.delay(afterAttempt: $0, jitter: 0.5) } == [500, 1000, 2000, 4000, 8000])
    #expect(LegacyRetryPolicy.delay(afterAttempt: 1, jitter: 0) == 0)
    #expect(LegacyRetryPolicy.delay(afterAttempt: 1_000_000, jitter: 0.999) > 0)
  }
}
