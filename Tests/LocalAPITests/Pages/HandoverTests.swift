import AWS
import FederationBroker
import Glibc
import HTTPTypes
import JSON
import LocalHTTP
import Secrets
import Synchronization
import TestSupport
import Testing

@testable import LocalAPI

/// Two people in a row in one browser; `Tests/browser/test_handover.py` clicks.
struct HandoverTests {
  private static let browser = Client(transport: .tcp, tcpUID: geteuid())

  /// Whose credentials ask now.
  private final class Turn: Sendable {
    let person = Mutex("ana")
  }

  private let turn = Turn()
  private let daemon: ServiceUnderTest

  init() {
    daemon = ServiceUnderTest.answering(
      entries: [ServiceUnderTest.entry("sales", id: "s"), ServiceUnderTest.entry("support", id: "t")]
    ) { [turn] _ in
      let person = turn.person.withLock { $0 }
      return FederationToken(
        accessToken: Secret("token-of-\(person)"),
        accessTokenExpiration: FederationToken.Expiration(
          wireText: "1795479300", milliseconds: 1_795_479_300_000), refreshToken: nil, refreshTokenExpiration: nil,
        signInURL: Secret("https://demo.example:8443/auth/sign-in?a=1"),
        userARN: "arn:aws:connect:x:1:instance/i/agent/\(person)",
        userID: person)
    }
  }

  private func turn(of person: String) async throws {
    turn.person.withLock { $0 = person }
    for instance in ["sales", "support"] {
      #expect(try await daemon.ask(.post, "/v1/instances/\(instance)/refresh").status == .ok)
    }
  }

  /// Opens an address with a one-time code in a browser.
  private func visit(_ instance: String = "sales", by client: Client = browser) async throws -> String {
    let answer = try await daemon.ask(.post, "/v1/instances/\(instance)/sign-in")
    let url = try #require(answer.json?["url"]?.string)
    let target = String(try #require(url.firstRange(of: "/v1").map { url[$0.lowerBound...] }))
    return try await daemon.ask(.get, target, hasToken: false, from: client).text
  }

  private func next(in page: String) throws -> String {
    let start = try #require(page.firstRange(of: "data-next=\"")).upperBound
    return String(page[start...].prefix { $0 != "\"" })
  }

  @Test func `the second person's sign-in leads over the page that signs the first one out`() async throws {
    #expect(try await visit().contains("token-of-ana"))
    #expect(try await visit().contains("token-of-ana"))
    try await turn(of: "bo")
    let page = try await visit()
    #expect(page.contains("Another person was signed in here"))
    #expect(page.contains("data-logout=\"https://demo.example:8443/logout\""))
    #expect(page.contains("<dd>ana</dd>") && page.contains("<dd>bo</dd>"))
    #expect(!page.contains("token-of"))
    let target = try next(in: page)
    #expect(try await daemon.ask(.get, target, hasToken: false, from: Self.browser).text.contains("token-of-bo"))
    let again = try await daemon.ask(.get, target, hasToken: false, from: Self.browser)
    #expect(again.status == .forbidden)
    #expect(try await visit().contains("token-of-bo"))
  }

  @Test func `who turns back before the other is signed out is asked again`() async throws {
    _ = try await visit()
    try await turn(of: "bo")
    _ = try await visit()
    #expect(try await visit().contains("Another person was signed in here"))
    try await turn(of: "ana")
    #expect(try await visit().contains("token-of-ana"))
  }

  @Test func `other instances, and the browsers of other users, have cookies of their own`() async throws {
    _ = try await visit()
    try await turn(of: "bo")
    #expect(try await visit("support").contains("token-of-bo"))
    #expect(try await visit(by: Client(transport: .tcp, tcpUID: 4001)).contains("token-of-bo"))
  }

  @Test func `a change of tokens, which ends all codes, forgets nobody`() async throws {
    _ = try await visit()
    daemon.service.pages.revokeAll()
    try await turn(of: "bo")
    #expect(try await visit().contains("Another person was signed in here"))
  }

  @Test func `no more people are remembered than there is room for`() {
    var people = SignedInPeople()
    let (ana, bo) = (SignedInPeople.Person(arn: "a", name: "ana"), SignedInPeople.Person(arn: "b", name: "bo"))
    for uid in 0..<UInt32(2 * SignedInPeople.capacity) { people.note(ana, uid: uid, instanceID: "i") }
    let known = (0..<UInt32(2 * SignedInPeople.capacity)).filter {
      people.other(than: bo, uid: $0, instanceID: "i") != nil
    }
    #expect(known.count == SignedInPeople.capacity)
  }
}
