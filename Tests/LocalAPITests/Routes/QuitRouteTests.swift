import Configuration
import HTTPTypes
import LocalHTTP
import TestSupport
import Testing

@testable import LocalAPI

struct QuitRouteTests {
  private func ask(_ fields: HTTPFields = [:], allowed: Bool, _ method: HTTPRequest.Method = .post) async throws -> Int
  {
    let service = ServiceUnderTest.answering()
    if allowed {
      let effective = try ConfigurationLoader.load(
        flags: FlagOverrides(), environment: ["FEDBROKER_ALLOW_QUIT": "true", "HOME": "/home/nobody"], accounts: .system
      )
      service.service.replaceState { state in
        ServingState(
          accessGuard: state.accessGuard, tokens: state.tokens, directory: state.directory, effective: effective)
      }
    }
    let main = try await service.ask(method, "/quit")
    #expect(main.status == .notFound, "the main listeners do not have it")
    let status = try await service.ask(method, "/quit", fields: fields, hasToken: false, of: service.admin).status.code
    guard status == 202 else { return status }
    var quits = service.service.quits.makeAsyncIterator()
    await quits.next()
    return status
  }

  @Test("It ends the daemon only where allow_quit is set")
  func allowed() async throws {
    #expect(try await ask(allowed: false) == 403)
    #expect(try await ask(allowed: true) == 202)
    #expect(try await ask(allowed: true, .get) == 405)
  }

  @Test("No page in a browser can end it", arguments: ["Origin", "Sec-Fetch-Site"])
  func browser(name: String) async throws {
    #expect(try await ask([HTTPField.Name(name)!: "null"], allowed: true) == 403)
  }
}
