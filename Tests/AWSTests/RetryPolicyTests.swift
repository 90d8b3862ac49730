import AWS
import Outbound
import Testing

struct RetryPolicyTests {
  @Test(arguments: [
    (1, 0, 0), (1, 0.5, 500), (1, 0.999, 999), (2, 0.5, 1000), (3, 0.5, 2000), (5, 0.5, 8000), (6, 0.5, 10_000),
    (100, 0.5, 10_000),
  ])
  func `Pauses double up to 20 s, with full jitter`(attempt: Int, jitter: Double, delay: Int64) {
    #expect(RetryPolicy.delay(afterAttempt: attempt, jitter: jitter, server: .init()) == delay)
  }

  @Test(
    arguments: [
      (3, nil, 3000), (0, nil, 500), (20, nil, 20_000), (21, nil, nil), (nil, 800, 800), (nil, 100, 500),
      (nil, 9000, 5500), (21, 800, 800),
    ] as [(Int?, Int?, Int64?)])
  func `The server's wish is a lower bound, within limits`(retryAfter: Int?, amazon: Int?, delay: Int64?) {
    let server = RetryPolicy.ServerDelay(retryAfter: retryAfter, amazonRetryAfter: amazon)
    #expect(RetryPolicy.delay(afterAttempt: 1, jitter: 0.5, server: server) == delay)
  }

  @Test(arguments: [
    RetryPolicy.Obstacle.transport(.resolve), .transport(.connect), .transport(.connectTimedOut),
    .transport(.readTimedOut), .transport(.tls), .transport(.interrupted),
    .service(status: 429, code: "429"), .service(status: 500, code: "InternalServiceException"),
    .service(status: 502, code: "502"), .service(status: 503, code: "503"), .service(status: 504, code: "504"),
    .service(status: 400, code: "ThrottlingException"),
  ])
  func `Transient trouble is tried again`(obstacle: RetryPolicy.Obstacle) {
    #expect(RetryPolicy.isTransient(obstacle))
  }

  @Test(arguments: [
    RetryPolicy.Obstacle.transport(.tooLarge), .transport(.invalidRequest), .transport(.cancelled),
    .service(status: 400, code: "InvalidRequestException"), .service(status: 403, code: "AccessDeniedException"),
    .service(status: 404, code: "UserNotFoundException"), .service(status: 409, code: "DuplicateResourceException"),
    .service(status: 501, code: "501"),
  ])
  func `Definite answers are not`(obstacle: RetryPolicy.Obstacle) {
    #expect(!RetryPolicy.isTransient(obstacle))
  }

  @Test(arguments: [
    ([:], 3), (["AWS_MAX_ATTEMPTS": "5"], 5), (["AWS_MAX_ATTEMPTS": "1"], 1), (["AWS_MAX_ATTEMPTS": "0"], 3),
    (["AWS_MAX_ATTEMPTS": "x"], 3), (["AWS_MAX_ATTEMPTS": ""], 3),
  ])
  func `The number of attempts comes from the environment`(environment: [String: String], attempts: Int) {
    #expect(RetryPolicy(environment: Environment(environment), section: nil).maxAttempts == attempts)
  }

  @Test func `The number of attempts comes from the profile after that`() throws {
    let fixture = CredentialFixture(config: "[default]\nmax_attempts = 7\n")
    let section = try fixture.files.load().profile("default")
    #expect(RetryPolicy(environment: Environment(), section: section).maxAttempts == 7)
    #expect(RetryPolicy(environment: Environment(["AWS_MAX_ATTEMPTS": "2"]), section: section).maxAttempts == 2)
  }

  @Test func `The quota lasts for a hundred retries and is filled by answers`() {
    let quota = RetryQuota()
    for _ in 0..<100 { #expect(quota.take(5)) }
    #expect(!quota.take(5))
    for _ in 0..<5 { quota.giveBack(nil) }
    #expect(quota.take(5))
    quota.giveBack(10)
    #expect(!quota.take(11))
    #expect(quota.take(10))
  }

  @Test func `The quota never holds more than at first`() {
    let quota = RetryQuota()
    quota.giveBack(10)
    #expect(!quota.take(RetryQuota.capacity + 1))
    #expect(quota.take(RetryQuota.capacity))
  }

  @Test func `A time-out costs twice`() {
    #expect(RetryPolicy.cost(of: .transport(.readTimedOut)) == 10)
    #expect(RetryPolicy.cost(of: .transport(.connectTimedOut)) == 10)
    #expect(RetryPolicy.cost(of: .transport(.connect)) == 5)
    #expect(RetryPolicy.cost(of: .service(status: 503, code: "503")) == 5)
  }
}
