import FederationBroker
import HTTPTypes
import LocalHTTP
import Synchronization
import TestSupport
import Testing

@testable import LocalAPI

/// Budgets of forced fetches, asked through the whole service.
struct ForcedFetchRouteTests {
  private static let cacheStatus = HTTPField.Name("Cache-Status")!
  private let calls = Counter()
  private let service: ServiceUnderTest

  init() {
    let calls = calls
    service = ServiceUnderTest.answering(peers: PeerPolicy(uids: [7, 8])) { _ in
      ServiceUnderTest.federationToken(accessToken: "token \(calls.next())")
    }
  }

  private func ask(_ method: HTTPRequest.Method, _ target: String, uid: UInt32 = 7) async throws -> Response {
    try await service.ask(
      method, "/v1/instances/demo/\(target)", hasToken: false,
      from: Client(transport: .unix(uid: uid, gids: [])))
  }

  @Test(
    "A caller that loops is answered with the live token once its budget is spent",
    arguments: ["refresh", "token?min_ttl=80000"])
  func loop(target: String) async throws {
    service.service.configureBudgets(rate: 1000, burst: 1000)
    #expect(try await ask(.get, "token").status == .ok)
    for _ in 0..<25 {
      let response = try await ask(target == "refresh" ? .post : .get, target)
      #expect(response.status == .ok)
      // The pause after a token with too little life is not what is tested.
      service.clock.advance(by: .seconds(target == "refresh" ? 0 : 6))
    }
    // 25 times 6 s give five further fetches by min_ttl.
    #expect(calls.count == (target == "refresh" ? 1 + 5 : 1 + 5 + 4))
    #expect(try await ask(.post, "refresh", uid: 8).fields[Self.cacheStatus] != nil)
  }

  @Test("All callers together have half of the quota")
  func together() async throws {
    #expect(try await ask(.get, "token").status == .ok)
    for uid in [7, 8, 7, 8, 7, 8] as [UInt32] { #expect(try await ask(.post, "refresh", uid: uid).status == .ok) }
    #expect(calls.count == 1 + 2)
  }

  @Test("Without a live token it is a plain miss, which spends no budget")
  func miss() async throws {
    for number in 1...20 {
      #expect(try await ask(.post, "refresh").status == .ok)
      #expect(try await ask(.delete, "token").status == .noContent)
      #expect(calls.count == number)
    }
  }
}

/// Counts calls from any task.
private final class Counter: Sendable {
  private let value = Mutex(0)
  var count: Int { value.withLock { $0 } }
  func next() -> Int {
    value.withLock {
      $0 += 1
      return $0
    }
  }
}
