import HTTPTypes
import LocalHTTP
import Testing

@testable import LocalAPI

struct CORSTests {
  private let origin = "https://crm.example"
  private var service: ServiceUnderTest { .answering(allowedOrigins: [origin]) }

  @Test("The preflight of an allowed origin is answered without a token, private networks included")
  func preflight() async throws {
    let response = try await service.ask(
      .options, "/v1/instances/demo/token",
      fields: [
        .origin: origin, HTTPField.Name("Access-Control-Request-Method")!: "GET",
        HTTPField.Name("Access-Control-Request-Private-Network")!: "true",
      ], hasToken: false)
    #expect(response.status == .noContent)
    #expect(response.fields[.accessControlAllowOrigin] == origin)
    #expect(response.fields[.accessControlAllowHeaders]?.contains("authorization") == true)
    #expect(response.fields[HTTPField.Name("Access-Control-Allow-Private-Network")!] == "true")
    #expect(response.fields[.vary] == "Origin")
    #expect(response.fields[.accessControlAllowCredentials] == nil, "there are no cookies to send")
  }

  @Test("The preflight of any other origin is refused")
  func foreignPreflight() async throws {
    let response = try await service.ask(
      .options, "/v1/instances/demo/token",
      fields: [.origin: "https://attacker.example", HTTPField.Name("Access-Control-Request-Method")!: "GET"])
    #expect(response.status == .forbidden)
    #expect(response.fields[.accessControlAllowOrigin] == nil)
  }

  @Test("Answers and errors name the allowed origin, so that its page can read them", arguments: [true, false])
  func answers(hasToken: Bool) async throws {
    let response = try await service.ask(
      .get, "/v1/instances/demo/token", fields: [.origin: origin], hasToken: hasToken)
    #expect(response.status == (hasToken ? .ok : .unauthorized))
    #expect(response.fields[.accessControlAllowOrigin] == origin)
    #expect(response.fields[values: .vary].contains("Origin"))
  }

  @Test("Without an Origin there is no CORS")
  func none() async throws {
    let response = try await service.ask(.get, "/v1/instances/demo/token")
    #expect(response.fields[.accessControlAllowOrigin] == nil)
  }
}
