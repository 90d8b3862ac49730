import AWS
import FederationBroker
import HTTPTypes
import JSON
import LocalHTTP
import TestSupport
import Testing

@testable import LocalAPI

struct ProbeTests {
  @Test("healthz needs no token and tells nothing else")
  func health() async throws {
    let service = ServiceUnderTest.answering()
    for handler in [service.service, service.admin] as [any RequestHandler] {
      let response = try await service.ask(.get, "/healthz", hasToken: false, of: handler)
      #expect(response.status == .ok)
      #expect(response.text == #"{"status":"ok"}"#)
    }
  }

  @Test("healthz is still guarded against web pages")
  func healthFromPage() async throws {
    let response = try await ServiceUnderTest.answering().ask(
      .get, "/healthz", fields: [.origin: "http://attacker.example"], hasToken: false)
    #expect(response.status == .forbidden)
  }

  @Test("readyz is 503 until each warm instance has a token, and names the missing ones to those who may know")
  func readiness() async throws {
    let source = StubTokenSource()
    let service = ServiceUnderTest(
      entries: [ServiceUnderTest.entry("warm", id: "w", warm: true), ServiceUnderTest.entry("cold", id: "c")],
      source: source)
    let call = try #require(await source.nextCall())
    let anonymous = try await service.ask(.get, "/readyz", hasToken: false)
    #expect(anonymous.status == .serviceUnavailable)
    #expect(anonymous.code == "NotReady")
    #expect(!anonymous.text.contains("\"warm\"") && anonymous.json?["detail"]?.string?.contains(": warm") == false)
    let withToken = try await service.ask(.get, "/readyz")
    #expect(withToken.json?["detail"]?.string == "No live token yet for: warm.")
    let admin = try await service.ask(.get, "/readyz", hasToken: false, of: service.admin)
    #expect(admin.json?["detail"]?.string == "No live token yet for: warm.")

    async let waiting = service.ask(.get, "/v1/instances/warm/token")
    call.succeed(FetchedToken(token: ServiceUnderTest.federationToken(), upstreamDate: nil, requestID: nil))
    #expect(try await waiting.status == .ok)
    #expect(try await service.ask(.get, "/readyz", hasToken: false).status == .ok)
  }

  @Test(
    "The admin listener serves nothing else", arguments: ["/v1/instances", "/v1/instances/demo/token", "/", "/metric"])
  func adminOnly(target: String) async throws {
    let service = ServiceUnderTest.answering()
    let response = try await service.ask(.get, target, of: service.admin)
    #expect(response.status == .notFound)
    #expect(response.code == "NotFound")
  }

  @Test("The list of instances tells their state and nothing secret")
  func instances() async throws {
    let service = ServiceUnderTest.answering(entries: [
      ServiceUnderTest.entry("cold", id: "c", profile: "other"), ServiceUnderTest.entry("asked", id: "a"),
    ])
    _ = try await service.ask(.get, "/v1/instances/asked/token")
    let response = try await service.ask(.get, "/v1/instances")
    let instances = try #require(response.json?["instances"]?.array)
    #expect(instances.compactMap { $0["alias"]?.string } == ["cold", "asked"])
    #expect(instances[0]["state"]?.string == "empty")
    #expect(instances[0]["profile"]?.string == "other")
    #expect(instances[0]["expires_at"] == .null)
    #expect(instances[1]["state"]?.string == "live")
    #expect(instances[1]["expires_at"]?.string == "2026-11-24T00:15:00Z")
    #expect(instances[1]["expires_in"] == .number("900"))
    for secret in ["access-token", "refresh-token", "sign-in"] { #expect(!response.text.contains(secret)) }
  }

  @Test("A failure is told in the list")
  func failureInList() async throws {
    let service = ServiceUnderTest.failing(AWSError(.service(status: 403, code: "AccessDeniedException"), "no"))
    _ = try await service.ask(.get, "/v1/instances/demo/token")
    let response = try await service.ask(.get, "/v1/instances")
    #expect(response.json?["instances"]?.array?.first?["last_error"]?["code"]?.string == "AccessDeniedException")
  }
}
