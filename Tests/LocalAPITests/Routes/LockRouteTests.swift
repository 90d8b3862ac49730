import AWS
import Configuration
import FederationBroker
import HTTPTypes
import JSON
import LocalHTTP
import Secrets
import TestSupport
import Testing

@testable import LocalAPI

/// While it is locked no token is given or fetched.
struct LockRouteTests {
  let daemon = ServiceUnderTest.answering(entries: [ServiceUnderTest.entry("sales", id: "1111")])

  @Test func `no route gives a token while locked, and each does afterwards`() async throws {
    let tokens: [(HTTPRequest.Method, String)] = [
      (.get, "/v1/instances/sales/token"), (.get, "/v1/instances/sales/token/SignInUrl"),
      (.get, "/v1/instances/sales/token?min_ttl=60"), (.post, "/v1/instances/sales/refresh"),
      (.post, "/v1/instances/sales/sign-in"), (.post, "/v1/instances/sales/diagnosis"),
    ]
    #expect(try await daemon.ask(.get, "/v1/instances/sales/token").status == .ok)
    #expect(try await daemon.ask(.post, "/v1/lock").json?["lock"]?["causes"]?.array == ["command"])
    for (method, target) in tokens {
      let response = try await daemon.ask(method, target)
      #expect(response.status.code == 423, "\(method) \(target)")
      #expect(response.code == "Locked")
      #expect(response.json?["detail"]?.string?.contains("fedbroker unlock") == true)
      #expect(!response.text.contains("access-token"))
    }
    #expect(try await daemon.ask(.delete, "/v1/lock").json?["lock"] == .null)
    #expect(try await daemon.ask(.get, "/v1/instances/sales/token").status == .ok)
  }

  @Test func `the state, the probe and the metrics say so`() async throws {
    #expect(try await daemon.ask(.get, "/v1/instances").json?["lock"] == .null)
    #expect(try await daemon.ask(.get, "/v1/lock").json?["lock"] == .null)
    #expect(try await daemon.ask(.get, "/metrics").text.contains("\nfedbroker_locked 0\n"))
    #expect(try await daemon.ask(.get, "/readyz").status == .ok)
    _ = try await daemon.ask(.post, "/v1/lock")
    let lock = try await daemon.ask(.get, "/v1/instances").json?["lock"]
    #expect(lock?["remedy"]?.string == "Run fedbroker unlock.")
    #expect(lock?["since"]?.string == "2026-11-24T00:00:00Z")
    #expect(try await daemon.ask(.get, "/v1/lock").json?["lock"] == lock)
    #expect(try await daemon.ask(.get, "/metrics").text.contains("\nfedbroker_locked 1\n"))
    let probe = try await daemon.ask(.get, "/readyz")
    #expect(probe.status == .serviceUnavailable)
    #expect(probe.code == "NotReady")
    #expect(try await daemon.ask(.get, "/healthz").status == .ok)
  }

  @Test func `an erasing lock leaves nothing of the token`() async throws {
    let key = try #require(daemon.service.currentState.directory.entries.first?.key)
    _ = try await daemon.ask(.get, "/v1/instances/sales/token")
    #expect(daemon.broker.seen(key) != nil)
    daemon.service.lock.lock(.session, isErasing: true)
    #expect(daemon.broker.seen(key) == nil)
    #expect(try await daemon.ask(.get, "/v1/instances/sales/token").code == "Locked")
    daemon.service.lock.end(.session)
    #expect(try await daemon.ask(.get, "/v1/instances/sales/token").status == .ok)
  }

  @Test func `each cause has to end, but for fedbroker unlock, which ends all`() async throws {
    let lock = daemon.service.lock
    #expect(lock.lock(.sleep, isErasing: false))
    #expect(lock.lock(.session, isErasing: false))
    #expect(!lock.lock(.session, isErasing: false))
    #expect(
      lock.current?.remedy == "Unlock the screen, and wake the computer up, or run fedbroker unlock.")
    #expect(lock.end(.sleep))
    #expect(!lock.end(.sleep))
    #expect(try await daemon.ask(.get, "/v1/instances/sales/token").code == "Locked")
    _ = try await daemon.ask(.delete, "/v1/lock")
    #expect(lock.current == nil)
    // The session's unlocking must not end what a person locked.
    _ = try await daemon.ask(.post, "/v1/lock")
    lock.lock(.session, isErasing: false)
    lock.end(.session)
    #expect(try await daemon.ask(.get, "/v1/instances/sales/token").code == "Locked")
  }

  @Test func `a lock during a request answers it with 423, and the fetch is dropped`() async throws {
    let (started, begin) = AsyncStream.makeStream(of: Void.self)
    let daemon = ServiceUnderTest(
      entries: [ServiceUnderTest.entry("sales", id: "1111")],
      source: StubTokenSource { (_, _) async throws(AWSError) in
        begin.yield()
        for await _ in AsyncStream<Void>.makeStream().stream {}
        throw AWSError(.shuttingDown, "cancelled")
      })
    async let answer = daemon.ask(.get, "/v1/instances/sales/token")
    _ = await started.first { _ in true }
    daemon.service.lock.lock(.session, isErasing: false)
    #expect(try await answer.code == "Locked")
  }

  @Test func `a one-time code of before is not spent by a visit while locked`() async throws {
    let answer = try await daemon.ask(
      .post, "/v1/instances/sales/sign-in")
    let url = try #require(answer.json?["url"]?.string)
    let target = String(try #require(url.firstRange(of: "/v1").map { url[$0.lowerBound...] }))
    _ = try await daemon.ask(.post, "/v1/lock")
    let refused = try await daemon.ask(.get, target, hasToken: false)
    #expect(refused.status.code == 423)
    #expect(!refused.text.contains("access-token"))
    _ = try await daemon.ask(.delete, "/v1/lock")
    #expect(try await daemon.ask(.get, target, hasToken: false).text.contains("access-token"))
  }

  @Test func `SDKs hear of it in AWS's form`() async throws {
    _ = try await daemon.ask(.post, "/v1/lock")
    let response = try await daemon.ask(.get, "/user/federate/sales")
    #expect(response.status.code == 423)
    #expect(response.fields[HTTPField.Name("x-amzn-ErrorType")!] == "Locked")
  }

  @Test func `anyone without the token may neither lock nor unlock`() async throws {
    #expect(try await daemon.ask(.post, "/v1/lock", hasToken: false).status == .unauthorized)
    _ = try await daemon.ask(.post, "/v1/lock")
    #expect(try await daemon.ask(.delete, "/v1/lock", hasToken: false).status == .unauthorized)
    #expect(daemon.service.lock.current != nil)
  }

  struct RuleCase: Sendable {
    var instances: Set<String>?
    var may: Set<AccessRight> = Set(AccessRight.allCases)
    let isGiven: Bool
  }

  @Test(arguments: [
    RuleCase(isGiven: true), RuleCase(may: [.lock], isGiven: true), RuleCase(may: [.token, .state], isGiven: false),
    RuleCase(instances: ["sales"], isGiven: false),
  ])
  func `a rule gives the lock only where it is for all instances`(_ ruleCase: RuleCase) async throws {
    var rule = AccessRules.Rule(may: ruleCase.may)
    rule.instances = ruleCase.instances
    let isGiven = ruleCase.isGiven
    let daemon = ServiceUnderTest.answering(entries: [ServiceUnderTest.entry("sales", id: "1111")], rules: [rule])
    #expect(try await daemon.ask(.post, "/v1/lock").status == (isGiven ? .ok : .forbidden))
    #expect((daemon.service.lock.current != nil) == isGiven)
    #expect(try await daemon.ask(.delete, "/v1/lock").status == (isGiven ? .ok : .forbidden))
  }
}
