import AWS
import Clocks
import Configuration
import FederationBroker
import HTTPTypes
import LocalHTTP
import RefreshingCache
import Testing

@testable import LocalAPI

/// How `get-federation-token` and the daemon make sure that both mean the same person.
@Suite struct IdentitySelectorTests {
  private let field = HTTPField.Name(IdentitySelector.fieldName)!

  @Test(
    "A command selects by its option, then by its environment's key, then by its environment's profile",
    arguments: [
      (nil, [:], nil), ("sales", ["AWS_ACCESS_KEY_ID": "AKID"], .profile("sales")),
      (nil, ["AWS_ACCESS_KEY_ID": "AKID", "AWS_PROFILE": "sales"], .accessKeyID("AKID")),
      (nil, ["AWS_ACCESS_KEY_ID": "", "AWS_PROFILE": "sales"], .profile("sales")),
      (nil, ["AWS_DEFAULT_PROFILE": "older", "AWS_PROFILE": "sales"], .profile("older")),
    ] as [(String?, [String: String], IdentitySelector?)])
  func selection(profile: String?, environment: [String: String], expected: IdentitySelector?) {
    #expect(IdentitySelector(profile: profile, environment: AWS.Environment(environment)) == expected)
  }

  @Test("A selector survives its way over the wire", arguments: ["sales", "a b\r\nX: y", "Zürich=100%", ""])
  func roundTrip(name: String) throws {
    for selector in [IdentitySelector.profile(name), .accessKeyID(name)] {
      let request = try Request(
        method: .get, target: "/user/federate/demo", fields: [field: selector.fieldValue])
      #expect(try IdentitySelector(request) == selector)
    }
  }

  @Test("One that cannot be is refused", arguments: ["", "sales", "profile", "user=me", "profile=%", "profile=%00"])
  func malformed(value: String) async throws {
    let service = ServiceUnderTest.answering()
    let response = try await service.ask(.get, "/user/federate/demo", fields: [field: value])
    #expect(response.status == .badRequest)
  }

  @Test("Given twice it is refused, since one of the two would be passed over")
  func repetition() async throws {
    var fields: HTTPFields = [:]
    for value in ["profile=default", "profile=other"] { fields.append(HTTPField(name: field, value: value)) }
    let response = try await ServiceUnderTest.answering().ask(.get, "/user/federate/demo", fields: fields)
    #expect(response.status == .badRequest)
  }

  @Test("The daemon answers for its own identity only, and asks nobody for another")
  func route() async throws {
    let entries = [ServiceUnderTest.entry("sales", id: "one", profile: "contact-centre")]
    let service = ServiceUnderTest.answering(entries: entries)
    func ask(_ selector: String?) async throws -> Response {
      try await service.ask(.get, "/user/federate/one", fields: selector.map { [field: $0] } ?? [:])
    }
    for other in ["profile=default", "profile=Contact-centre", "access-key-id=AKID"] {
      let response = try await ask(other)
      #expect(response.status == .misdirectedRequest)
      #expect(response.fields[HTTPField.Name("x-amzn-ErrorType")!] == "IdentityMismatch")
    }
    #expect(service.broker.snapshot().isEmpty)
    #expect(try await ask("profile=contact-centre").status == .ok)
    // A cached token is no reason to hand it to someone else.
    #expect(try await ask("profile=default").status == .misdirectedRequest)
    #expect(try await ask(nil).status == .ok)
  }
}
