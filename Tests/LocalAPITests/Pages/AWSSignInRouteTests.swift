import AWS
import FederationBroker
import Glibc
import HTTPTypes
import JSON
import LocalHTTP
import Secrets
import TestSupport
import Testing

@testable import LocalAPI

/// The status page's button that signs in to AWS; `Tests/browser` presses it.
struct AWSSignInRouteTests {
  private static let owner = Client(transport: .tcp, tcpUID: geteuid())
  private static let path = "/v1/instances/sales/aws-sign-in"

  private static func service(peers: Set<UInt32> = []) -> ServiceUnderTest {
    let service = ServiceUnderTest.answering(
      entries: [ServiceUnderTest.entry("sales", id: "s")], peers: PeerPolicy(uids: peers.union([geteuid()])))
    service.service.pages.listen(at: [.tcp(host: "127.0.0.1", port: 2776)])
    return service
  }

  @Test("Only the daemon's own user signs in from its page")
  func others() async throws {
    let service = Self.service()
    for client in [ServiceUnderTest.tcp, Client(transport: .tcp, tcpUID: 4001)] {
      let response = try await service.ask(.post, Self.path, from: client)
      #expect(response.status == .forbidden)
    }
    #expect(try await service.ask(.post, Self.path, hasToken: false, from: Self.owner).status == .unauthorized)
  }

  @Test("Credentials from elsewhere have no such sign-in, and neither has a daemon without a loopback address")
  func unavailable() async throws {
    let service = Self.service()
    #expect(try await service.ask(.post, Self.path, from: Self.owner).code == "AWSSignInUnavailable")
    let list = try await service.ask(.get, "/v1/instances")
    #expect(list.json?["instances"]?.array?.first?["aws_sign_in"] == .null)
    service.service.pages.listen(at: [.tcp(host: "::1", port: 2776)])
    #expect(try await service.ask(.post, Self.path, from: Self.owner).code == "NoBrowserAddress")
  }

  @Test(
    "What comes back for no sign-in that is under way is refused",
    arguments: ["", "?code=c&state=s", "?code=c", "?error=e&state=s", "?state=s&state=t&code=c", "?more=x"])
  func foreign(query: String) async throws {
    var fields: HTTPFields = [.accept: "text/html"]
    for (name, value) in ["Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"] {
      fields[HTTPField.Name(name)!] = value
    }
    let service = Self.service()
    let page = try await service.ask(
      .get, "/oauth/callback\(query)", fields: fields, hasToken: false, from: Self.owner)
    #expect(page.status == .badRequest)
    #expect(page.text.contains("Nothing was changed"))
    let stranger = Client(transport: .tcp, tcpUID: 4001)
    let refused = try await service.ask(
      .get, "/oauth/callback\(query)", fields: fields, hasToken: false, from: stranger)
    #expect(refused.status == .forbidden)
    #expect(try await service.ask(.get, "/oauth/callback\(query)", from: Self.owner).status == .forbidden)
  }
}
