import AWS
import Clocks
import FederationBroker
import Outbound
import Secrets
import Synchronization
import TestSupport
import Testing
import Timestamps

/// STS and Amazon Connect as one: each token says whose credentials it was got with.
private final class TwoServices: HTTPTransport {
  let clock: ManualClock
  private let chance: @Sendable () -> Int
  private let count = Atomic<Int>(0)

  /// - Parameter chance: Draws what goes wrong: 0 to 3 do, anything else does not.
  init(clock: ManualClock, chance: @escaping @Sendable () -> Int) {
    self.clock = clock
    self.chance = chance
  }

  var requestCount: Int { count.load(ordering: .sequentiallyConsistent) }

  func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
    count.add(1, ordering: .sequentiallyConsistent)
    for _ in 0..<5 { await Task.yield() }
    let call = STSStub.Call(request)
    let isSTS = request.url.hasPrefix("https://sts.")
    switch chance() {
    case 0: throw TransportError(.interrupted, "scripted")
    case 1: return try (isSTS ? STSStub.error(503, "503") : .response(503)).get()
    case 2: return try (isSTS ? STSStub.error(403, "AccessDenied") : .response(404, body: "{}")).get()
    case 3 where !isSTS:
      return try StubTransport.Answer.response(403, ["x-amzn-ErrorType": "ExpiredTokenException"]).get()
    default: break
    }
    if isSTS {
      let expiration = Timestamp.rfc3339(seconds: Timestamp.wholeSeconds(clock.now.wall + 20_000))
      return try STSStub.assumed("\(call.form["RoleSessionName"] ?? "")", expiration: expiration).get()
    }
    let person = call.accessKeyID ?? "nobody"
    let expiration = (clock.now.wall + 10_000) / 1000
    return try StubTransport.Answer.response(
      200, body: #"{"Credentials":{"AccessToken":"of \#(person)","AccessTokenExpiration":\#(expiration)}}"#
    ).get()
  }
}

/// A rate limit that admits everything.
private struct NoRateLimit: RateLimiting {
  func admit(region: String, priority: @escaping CallUrgency) async throws(AWSError) {}
  func throttled(region: String) {}
  func succeeded(region: String) {}
}

private final class Person: Sendable {
  let token: String
  init(_ token: FederationToken) { self.token = token.accessToken.exposed }
}

@Suite(.timeLimit(.minutes(10)))
struct IsolationTests {
  private let clock = ManualClock()
  private let directory = ScratchDirectory()

  private func makeBroker(_ services: TwoServices) -> (Broker<Person>, CredentialResolver) {
    directory.write("credentials", "[default]\naws_access_key_id = base\naws_secret_access_key = s\n")
    let environment = Environment([
      "AWS_SHARED_CREDENTIALS_FILE": "\(directory.path)/credentials", "AWS_CONFIG_FILE": "/dev/null",
      "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
    ])
    let files = SharedConfigFiles(environment: environment)
    let resolver = CredentialResolver(
      CredentialContext(
        settings: UpstreamSettings(), environment: environment, transport: services, rateLimit: NoRateLimit(),
        clock: clock),
      files: files)
    let federation = ConnectFederation(
      settings: UpstreamSettings(), environment: environment, files: files, credentials: resolver, transport: services,
      rateLimit: NoRateLimit(), clock: clock)
    return (Broker(source: federation, clock: clock, makePayload: { Person($0) }), resolver)
  }

  private static func key(_ person: String?) -> TokenKey {
    TokenKey(
      instanceID: "i", region: "us-east-1",
      identity: Identity(roleARN: person.map { _ in "arn:aws:iam::1:role/agent" }, sessionName: person))
  }

  @Test func `Whatever happens at once, no one is answered with another's token`() async {
    let services = TwoServices(clock: clock) { .random(in: 0..<16) }
    let (broker, resolver) = makeBroker(services)
    let people: [String?] = ["ana", "ben", nil]
    var served: [String: Int] = [:]
    await withTaskGroup(of: [String].self) { group in
      for worker in 0..<30 {
        group.addTask {
          let person = people[worker % people.count]
          let key = Self.key(person)
          var served: [String] = []
          for number in 0..<100 {
            let answer: TokenAnswer<Person>?
            switch (number + worker) % 25 {
            case 0: answer = try? await broker.refresh(key)
            case 1: answer = try? await broker.token(for: key, minimumLifetime: 8)
            case 2...4: answer = broker.cached(key)
            case 5: (answer, _) = (nil, broker.erase { $0 == key })
            case 6: (answer, _) = (nil, await resolver.revalidate())
            case 7: (answer, _) = (nil, clock.advance(by: .milliseconds(200)))
            default: answer = try? await broker.token(for: key)
            }
            guard let answer else { continue }
            #expect(answer.payload.token == "of \(person ?? "base")")
            served.append(person ?? "base")
          }
          return served
        }
      }
      for await people in group { for person in people { served[person, default: 0] += 1 } }
    }
    for person in ["ana", "ben", "base"] { #expect(served[person] ?? 0 > 100, "\(served)") }
    await broker.shutdown()
  }

  @Test func `A hit does nothing about credentials`() async throws {
    let services = TwoServices(clock: clock) { 99 }
    let (broker, _) = makeBroker(services)
    _ = try await broker.token(for: Self.key("ana"))
    let before = services.requestCount
    // With no file to read, credentials would be an error.
    directory.remove("credentials")
    for _ in 0..<1000 { #expect(try await broker.token(for: Self.key("ana")).isHit) }
    #expect(services.requestCount == before)
    await broker.shutdown()
  }
}
