import HTTPTypes
import LocalHTTP
import Secrets
import Testing

@testable import LocalAPI

/// Who may send a body, and what is kept of it, as the route table says.
struct AdmissionTests {
  private func admit(
    _ method: HTTPRequest.Method, _ target: String, fields: HTTPFields = [:], hasToken: Bool = true,
    isAdmin: Bool = false
  ) throws -> Admission {
    var fields = fields
    if hasToken { fields[.authorization] = "Bearer \(ServiceUnderTest.token.exposed)" }
    let service = ServiceUnderTest.answering()
    let handler: any RequestHandler = isAdmin ? service.admin : service.service
    let request = try Request(method: method, target: target, fields: fields, body: [1])
    return handler.admit(request, from: ServiceUnderTest.tcp)
  }

  @Test("Of a body at most 4 KiB are kept, and nothing where the route takes none")
  func keptBytes() throws {
    for route in Route.all where route.isOnMainListener {
      #expect(route.keptBodyBytes <= 4096)
      let target = route.pattern.replacing("{instance}", with: "demo").replacing("{field}", with: "UserId")
      guard case .granted(let use) = try admit(route.method, target) else {
        #expect(Bool(false), "\(target)")
        continue
      }
      #expect(use.keptBytes == route.keptBodyBytes, "\(target)")
      #expect(!use.isOpen)
    }
  }

  @Test("Without the token the open routes are granted, as anyone's, and the others refused")
  func strangers() throws {
    for route in Route.all where route.isOnMainListener {
      let target = route.pattern.replacing("{instance}", with: "demo").replacing("{field}", with: "UserId")
      switch try admit(route.method, target, hasToken: false) {
      case .granted(let use):
        #expect(route.needs == .nothing && use.isOpen, "\(target)")
      case .refused(let response):
        #expect(route.needs != .nothing && [401, 403].contains(response.status.code), "\(target)")
      }
    }
  }

  @Test(
    "What the guard refuses is refused before a body is kept",
    arguments: [
      [HTTPField.Name("Via")!: "1.1 proxy"], [.origin: "http://attacker.example"],
      [HTTPField.Name("Sec-Fetch-Site")!: "cross-site"], [.origin: String(repeating: "a", count: 30_000)],
    ] as [HTTPFields])
  func guarded(fields: HTTPFields) throws {
    guard case .refused(let response) = try admit(.post, "/v1/status-page/key", fields: fields) else {
      return #expect(Bool(false), "granted")
    }
    #expect(response.status == .forbidden)
  }

  @Test("The admin listener grants what it serves, and keeps nothing")
  func admin() throws {
    guard case .granted(BodyUse(keptBytes: 0, isOpen: true)) = try admit(.get, "/healthz", isAdmin: true) else {
      return #expect(Bool(false), "not granted")
    }
    for (method, target) in [(HTTPRequest.Method.get, "/v1/instances"), (.post, "/healthz")] {
      guard case .refused = try admit(method, target, isAdmin: true) else {
        return #expect(Bool(false), "granted")
      }
    }
  }
}
