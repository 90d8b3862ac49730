import AWS
import Clocks
import Configuration
import FederationBroker
import HTTPTypes
import RefreshingCache
import Secrets
import Synchronization
import System
import TestSupport
import Testing

@testable import LocalAPI
@testable import LocalHTTP

/// `ETag`, `If-None-Match` and `Prefer: wait` (RFC 9110, RFC 7240).
@Suite(.timeLimit(.minutes(5)))
struct WaitingTests {
  private static let path = "/v1/instances/demo/token"

  /// A service whose every token is another one.
  private static func counting(
    entries: [InstanceDirectory.Entry] = [], settings: CacheSettings = CacheSettings(), lifetime: Int64 = 900
  ) -> ServiceUnderTest {
    let count = Mutex<Int64>(0)
    return ServiceUnderTest(
      entries: entries, settings: settings,
      source: StubTokenSource { (_, _) in
        let number = count.withLock { count in
          count += 1
          return count
        }
        // Each lives as long from when it is fetched.
        let token = ServiceUnderTest.federationToken(lifetime: lifetime * number, accessToken: "token-\(number)")
        return FetchedToken(token: token, upstreamDate: nil, requestID: nil)
      })
  }

  private static func fields(_ tag: String?, wait: String? = nil) -> HTTPFields {
    var fields: HTTPFields = [:]
    if let tag { fields[.ifNoneMatch] = tag }
    if let wait { fields[.prefer] = wait }
    return fields
  }

  /// The value of `ETag` as it is sent.
  private static func tag(_ response: Response, gzip: Bool = false) throws -> String {
    var encoder = ResponseEncoder()
    _ = encoder.encode(response, ResponseFraming(acceptsGzip: gzip), second: 0)
    let head = String(decoding: encoder.head, as: UTF8.self)
    let line = try #require(head.split(separator: "\r\n").first { $0.hasPrefix("ETag: ") })
    return String(line.dropFirst("ETag: ".count))
  }

  /// Starts a request that waits, and returns when it does.
  private static func waiting(
    _ service: ServiceUnderTest, _ tag: String, wait: String = "wait=60", path: String = path
  ) async throws -> Task<Response, any Error> {
    let request = Task { try await service.ask(.get, path, fields: fields(tag, wait: wait)) }
    while service.changes.count == 0 { await Task.yield() }
    return request
  }

  @Test("A tag tells tokens apart, is the same for each request, and says nothing of the token")
  func tags() async throws {
    let service = Self.counting()
    let first = try await service.ask(.get, Self.path)
    let tag = try Self.tag(first)
    #expect(tag.wholeMatch(of: /"[0-9a-f]{32}"/) != nil)
    #expect(try Self.tag(try await service.ask(.get, Self.path)) == tag)
    #expect(try Self.tag(try await service.ask(.get, Self.path + "/UserId")) == tag)
    let second = try await service.ask(.post, "/v1/instances/demo/refresh")
    #expect(try Self.tag(second) != tag)
    // Its key is this process's: nobody can tell from a tag whether a token is the one he has in mind.
    #expect(!tag.contains(Digest.hexadecimal(of: first.text).prefix(32)))
  }

  @Test(
    "Who has the token gets 304 with the fields of the 200 and no content",
    arguments: ["TAG", "W/TAG", "\"other\", TAG", "\"other\",W/TAG", "*", "  *  ", "GZIP"])
  func notModified(condition: String) async throws {
    let service = Self.counting()
    let tag = try Self.tag(try await service.ask(.get, Self.path))
    let condition = condition.replacing("TAG", with: tag).replacing("GZIP", with: "\(tag.dropLast())-gzip\"")
    let response = try await service.ask(.get, Self.path, fields: Self.fields(condition))
    #expect(response.status == .notModified)
    #expect(try Self.tag(response) == tag)
    #expect(response.fields[HTTPField.Name("Preference-Applied")!] == nil)
    var encoder = ResponseEncoder()
    #expect(encoder.encode(response, ResponseFraming(), second: 0) == nil)
    #expect(String(decoding: encoder.head, as: UTF8.self).hasPrefix("HTTP/1.1 304 Not Modified\r\n"))
  }

  @Test(
    "Who has another token gets this one at once, whatever it prefers",
    arguments: ["\"other\"", "other", "TAG-without-quotes", "", "\"", "W/\"\"", "\"a\" \"b"])
  func modified(condition: String) async throws {
    let service = Self.counting()
    _ = try await service.ask(.get, Self.path)
    let response = try await service.ask(.get, Self.path, fields: Self.fields(condition, wait: "wait=60"))
    #expect(response.status == .ok)
    #expect(response.text.contains("token-1"))
  }

  @Test(
    "A preference that is not to wait is ignored",
    arguments: [
      "respond-async", "wait", "wait=", "wait=-1", "wait=1.5", "wait=ten", "wait=0", "waits=10", "wait=\"\"", "",
    ])
  func noWait(preference: String) async throws {
    let service = Self.counting()
    let tag = try Self.tag(try await service.ask(.get, Self.path))
    let response = try await service.ask(.get, Self.path, fields: Self.fields(tag, wait: preference))
    #expect(response.status == .notModified)
    #expect(service.changes.count == 0)
  }

  @Test("Without a condition there is nothing to wait for")
  func noCondition() async throws {
    let response = try await Self.counting().ask(.get, Self.path, fields: Self.fields(nil, wait: "wait=60"))
    #expect(response.status == .ok)
  }

  @Test("The next token ends the wait")
  func next() async throws {
    let service = Self.counting()
    let tag = try Self.tag(try await service.ask(.get, Self.path))
    let waiting = try await Self.waiting(service, tag, wait: "handling=lenient, WAIT=\"60\"; x=y")
    _ = try await service.ask(.post, "/v1/instances/demo/refresh")
    let response = try await waiting.value
    #expect(response.status == .ok)
    #expect(response.text.contains("token-2"))
    #expect(response.fields[HTTPField.Name("Preference-Applied")!] == "wait=60")
    #expect(try Self.tag(response) != tag)
    #expect(service.changes.count == 0)
  }

  @Test("All who wait are answered, those for one field too, and those of another instance wait on")
  func crowd() async throws {
    let service = Self.counting()
    let tag = try Self.tag(try await service.ask(.get, Self.path))
    let other = try Self.tag(try await service.ask(.get, "/v1/instances/other/token"))
    let requests = (0..<200).map { number in
      Task {
        try await service.ask(
          .get, number % 2 == 0 ? Self.path : Self.path + "/Credentials.AccessToken",
          fields: Self.fields(tag, wait: "wait=300"))
      }
    }
    let elsewhere = Task {
      try await service.ask(.get, "/v1/instances/other/token", fields: Self.fields(other, wait: "wait=300"))
    }
    while service.changes.count < 201 { await Task.yield() }
    _ = try await service.ask(.post, "/v1/instances/demo/refresh")
    for request in requests { #expect(try await request.value.text.contains("token-3")) }
    #expect(service.changes.count == 1)
    elsewhere.cancel()
    _ = try await elsewhere.value
    #expect(service.changes.count == 0)
  }

  @Test("When the time is over the answer is 304; more than 300 s are not granted")
  func timeOver() async throws {
    for (wait, seconds) in [("wait=10", 10), ("wait=4000", 300)] {
      let service = Self.counting()
      let tag = try Self.tag(try await service.ask(.get, Self.path))
      let waiting = try await Self.waiting(service, tag, wait: wait)
      await service.clock.awaitSleep(untilBoot: service.clock.now.boot + Int64(seconds) * 1000)
      service.clock.advance(by: .seconds(seconds))
      let response = try await waiting.value
      #expect(response.status == .notModified)
      #expect(response.fields[HTTPField.Name("Preference-Applied")!] == "wait=\(seconds)")
    }
  }

  @Test("A token that lapses meanwhile is followed by the next")
  func lapsed() async throws {
    let service = Self.counting(settings: CacheSettings(idleAfter: .seconds(1)), lifetime: 10)
    let tag = try Self.tag(try await service.ask(.get, Self.path))
    let waiting = try await Self.waiting(service, tag)
    service.clock.advance(by: .seconds(11))
    #expect(try await waiting.value.text.contains("token-2"))
  }

  @Test("A token that is forgotten is followed by the next")
  func forgotten() async throws {
    let service = Self.counting()
    let tag = try Self.tag(try await service.ask(.get, Self.path))
    let waiting = try await Self.waiting(service, tag)
    _ = try await service.ask(.delete, Self.path)
    #expect(try await waiting.value.text.contains("token-2"))
  }

  @Test("A client that leaves no longer waits")
  func cancelled() async throws {
    let service = Self.counting()
    let tag = try Self.tag(try await service.ask(.get, Self.path))
    let waiting = try await Self.waiting(service, tag)
    waiting.cancel()
    #expect(try await waiting.value.status == .notModified)
    #expect(service.changes.count == 0)
  }

  @Test("At a shutdown nobody waits")
  func shutdown() async throws {
    let service = Self.counting()
    let tag = try Self.tag(try await service.ask(.get, Self.path))
    let waiting = try await Self.waiting(service, tag)
    service.changes.end()
    #expect(try await waiting.value.status == .notModified)
    let later = try await service.ask(.get, Self.path, fields: Self.fields(tag, wait: "wait=60"))
    #expect(later.status == .notModified)
  }

  @Test(
    "Under another configuration the wait ends without a token, and the sender is judged anew", arguments: [401, 404])
  func otherState(status: Int) async throws {
    let service = Self.counting(entries: [ServiceUnderTest.entry("demo", id: "i")])
    let tag = try Self.tag(try await service.ask(.get, Self.path))
    let waiting = try await Self.waiting(service, tag)
    let token = Secret("another-token-of-more-than-32-characters")
    let directory = InstanceDirectory(
      entries: [ServiceUnderTest.entry("other", id: "j")], unlistedKey: { _ in nil }, isSelected: { _, _ in false },
      diagnose: { _ in [] })
    service.service.replaceState { state in
      status == 401
        ? state.with(tokens: BearerTokens([BearerToken("fedbroker", token)])) : state.with(directory: directory)
    }
    service.broker.forget(TokenKey(instanceID: "i", region: "us-east-1", identity: Identity()))
    #expect(try await waiting.value.status == .notModified)
    let again = try await service.ask(.get, Self.path, fields: Self.fields(tag, wait: "wait=60"))
    #expect(again.status.code == status)
  }
}

extension HTTPField.Name {
  fileprivate static let prefer = HTTPField.Name("Prefer")!
}
