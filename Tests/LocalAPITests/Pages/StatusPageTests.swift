import HTTPTypes
import JSON
import LocalHTTP
import Secrets
import TestSupport
import Testing

@testable import LocalAPI

struct StatusPageTests {
  private let service = ServiceUnderTest.answering(entries: [ServiceUnderTest.entry("sales", id: "s")])

  private func newCode() async throws -> String {
    let response = try await service.ask(.post, "/v1/status-page")
    #expect(response.status == .created)
    let url = try #require(response.json?["url"]?.string)
    let start = "http://localhost/?code="
    #expect(url.hasPrefix(start))
    return String(url.dropFirst(start.count))
  }

  private func exchange(_ body: String) async throws -> Response {
    let request = try Request(
      method: .post, target: "/v1/status-page/key", fields: [.origin: "http://localhost"], body: Array(body.utf8))
    return try await ServiceUnderTest.response(of: service.service.answer(request, from: ServiceUnderTest.tcp))
  }

  private func newKey() async throws -> String {
    let response = try await exchange(#"{"code":"\#(newCode())"}"#)
    #expect(response.status == .created)
    #expect(response.json?["expires_in"] == 600)
    return try #require(response.json?["key"]?.string)
  }

  private func ask(
    _ method: HTTPRequest.Method, _ target: String, key: String, site: String? = "same-origin"
  ) async throws -> Response {
    var fields: HTTPFields = [.authorization: "Bearer \(key)"]
    if let site { fields[HTTPField.Name("Sec-Fetch-Site")!] = site }
    return try await service.ask(method, target, fields: fields)
  }

  @Test("The page is shown to anyone, and holds nothing but itself")
  func page() async throws {
    for method in [HTTPRequest.Method.get, .head] {
      let page = try await service.ask(method, "/", hasToken: false)
      #expect(page.status == .ok)
      #expect(page.content?.mediaType == "text/html; charset=utf-8")
      let policy = try #require(page.fields[.contentSecurityPolicy])
      for part in ["default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "form-action 'none'"] {
        #expect(policy.contains(part))
      }
      #expect(!page.text.contains("sales"))
    }
    #expect(try await service.ask(.post, "/").status == .methodNotAllowed)
  }

  private static let uid: UInt32 = 1000
  private static let browser = Client(transport: .tcp, tcpUID: uid)

  private static func visit(site: String) -> HTTPFields {
    var fields: HTTPFields = [.accept: "text/html"]
    for (name, value) in ["Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"] {
      fields[HTTPField.Name(name)!] = value
    }
    return fields
  }

  @Test(
    "The address alone opens it for the browser of an admitted user, by one click", arguments: ["none", "cross-site"])
  func lastingAddress(site: String) async throws {
    let service = ServiceUnderTest.answering(
      entries: [ServiceUnderTest.entry("sales", id: "s")], peers: PeerPolicy(uids: [Self.uid]))
    let page = try await service.ask(.get, "/", fields: Self.visit(site: site), hasToken: false, from: Self.browser)
    let code = String(try #require(page.text.firstMatch(of: /data-code="([^"]+)"/)).1)
    #expect(!page.text.contains("sales"))
    func exchange() async throws -> Response {
      let request = try Request(
        method: .post, target: "/v1/status-page/key", fields: [.origin: "http://localhost"],
        body: Array(#"{"code":"\#(code)"}"#.utf8))
      return try await ServiceUnderTest.response(of: service.service.answer(request, from: Self.browser))
    }
    // The code is the page's: it opens no other one.
    let key = try #require(try await exchange().json?["key"]?.string)
    let list = try await service.ask(.get, "/v1/instances", fields: [.authorization: "Bearer \(key)"])
    #expect(list.json?["instances"]?.array?.count == 1)
    #expect(try await exchange().status == .forbidden)
  }

  @Test(
    "Others get the page without a code",
    arguments: [
      (Client(transport: .tcp, tcpUID: 1001), visit(site: "none")),
      (Client(transport: .tcp), visit(site: "none")),
      (Client(transport: .unix(uid: 1000, gids: [])), visit(site: "none")), (browser, HTTPFields()),
    ] as [(Client, HTTPFields)])
  func noCodeForOthers(client: Client, fields: HTTPFields) async throws {
    let service = ServiceUnderTest.answering(peers: PeerPolicy(uids: [Self.uid]))
    let page = try await service.ask(.get, "/", fields: fields, hasToken: false, from: client)
    #expect(page.status == .ok)
    #expect(!page.text.contains("data-code"))
  }

  @Test("A person who clicks after ten minutes needs another page")
  func lateClick() async throws {
    let service = ServiceUnderTest.answering(peers: PeerPolicy(uids: [Self.uid]))
    let page = try await service.ask(
      .get, "/", fields: Self.visit(site: "none"), hasToken: false, from: Self.browser)
    let code = String(try #require(page.text.firstMatch(of: /data-code="([^"]+)"/)).1)
    service.clock.advance(by: .seconds(600))
    let request = try Request(
      method: .post, target: "/v1/status-page/key", fields: [.origin: "http://localhost"],
      body: Array(#"{"code":"\#(code)"}"#.utf8))
    let response = try await ServiceUnderTest.response(of: service.service.answer(request, from: Self.browser))
    #expect(response.status == .forbidden)
  }

  @Test("The list says whose a live token is, and looking does not count as asking for it")
  func user() async throws {
    _ = try await service.ask(.get, "/v1/instances/sales/token")
    func arn() async throws -> JSONValue? {
      try await service.ask(.get, "/v1/instances").json?["instances"]?.array?.first?["user_arn"]
    }
    #expect(try await arn()?.string == "arn:aws:connect:us-east-1:1:instance/i/agent/a")
    service.clock.advance(by: .seconds(900))
    #expect(try await arn() == .null)
  }

  @Test("A code is exchanged for a key once, and opening the page does not spend it")
  func exchangeOnce() async throws {
    let code = try await newCode()
    #expect(try await service.ask(.get, "/?code=\(code)", hasToken: false).status == .ok)
    #expect(try await exchange(#"{"code":"\#(code)"}"#).status == .created)
    #expect(try await exchange(#"{"code":"\#(code)"}"#).code == "Forbidden")
    #expect(try await service.ask(.get, "/?code=\(code)", hasToken: false).status == .forbidden)
  }

  @Test("What is no code gets no key", arguments: ["", "{}", "[]", #"{"code":1}"#, #"{"code":"x"}"#, #"{"code":"#])
  func noCode(body: String) async throws {
    let response = try? await exchange(body)
    #expect(response?.status != .created)
    #expect([nil, 400, 403].contains(response?.status.code))
  }

  @Test("A code for a sign-in gets no key")
  func otherCode() async throws {
    let url = try await service.ask(.post, "/v1/instances/sales/sign-in").json?["url"]?.string
    let code = try #require(url?.split(separator: "=").last)
    #expect(try await exchange(#"{"code":"\#(code)"}"#).status == .forbidden)
  }

  @Test("A key is good for the state, refresh and sign-in, and gets no token by them")
  func key() async throws {
    let key = try await newKey()
    let refresh = try await ask(.post, "/v1/instances/sales/refresh", key: key)
    #expect(refresh.status == .noContent)
    #expect(refresh.content == nil)
    #expect(try await ask(.post, "/v1/instances/sales/refresh?field=SignInUrl", key: key).content == nil)
    let list = try await ask(.get, "/v1/instances", key: key)
    #expect(list.json?["instances"]?.array?.first?["state"]?.string == "live")
    #expect(try await ask(.post, "/v1/instances/sales/sign-in", key: key).status == .created)
  }

  @Test("Outside a browser a key does not lead to the form with the credentials")
  func keyOutsideBrowser() async throws {
    let key = try await newKey()
    for site in [nil, "none", "cross-site", "same-site"] {
      let response = try await ask(.post, "/v1/instances/sales/sign-in", key: key, site: site)
      #expect(response.status == .forbidden)
    }
    let url = try await ask(.post, "/v1/instances/sales/sign-in", key: key).json?["url"]?.string
    let target = String(try #require(url?.dropFirst("http://localhost".count)))
    #expect(try await service.ask(.head, target, hasToken: false).status == .ok)
    let shown = try await service.ask(.get, target, hasToken: false)
    #expect(shown.status == .forbidden)
    #expect(!shown.text.contains("access-token"))
    // The code is spent, so that nobody may try again.
    #expect(try await service.ask(.head, target, hasToken: false).status == .forbidden)
    let next = try await ask(.post, "/v1/instances/sales/sign-in", key: key).json?["url"]?.string
    var tab: HTTPFields = [:]
    for (name, value) in ["Site": "same-origin", "Mode": "navigate", "Dest": "document"] {
      tab[HTTPField.Name("Sec-Fetch-\(name)")!] = value
    }
    let opened = try await service.ask(
      .get, String(try #require(next?.dropFirst("http://localhost".count))), fields: tab, hasToken: false)
    #expect(opened.status == .ok)
  }

  @Test(
    "A key is good for nothing else",
    arguments: [
      (.get, "/v1/instances/sales/token"), (.head, "/v1/instances/sales/token"), (.delete, "/v1/instances/sales/token"),
      (.get, "/v1/instances/sales/token?field=UserId"), (.get, "/user/federate/s"), (.post, "/v1/status-page"),
      (.get, "/v1/configuration"),
    ] as [(HTTPRequest.Method, String)])
  func beyondKey(method: HTTPRequest.Method, target: String) async throws {
    let response = try await ask(method, target, key: try await newKey())
    #expect(response.status == .forbidden)
    #expect(!response.text.contains("access-token"))
  }

  @Test("A key that was idle for ten minutes is none")
  func idle() async throws {
    let key = try await newKey()
    for passed in [599, 599] {
      service.clock.advance(by: .seconds(passed))
      #expect(try await ask(.get, "/v1/instances", key: key).status == .ok)
    }
    service.clock.advance(by: .seconds(600))
    #expect(try await ask(.get, "/v1/instances", key: key).status == .unauthorized)
  }

  @Test("Another token makes codes and keys of the former one worthless, and other terms do not")
  func revoked() async throws {
    let (code, key) = (try await newCode(), try await newKey())
    service.service.replaceState {
      $0.with(directory: $0.directory)
    }
    #expect(try await ask(.get, "/v1/instances", key: key).status == .ok)
    service.service.replaceState {
      $0.with(tokens: BearerTokens([BearerToken("fedbroker", Secret("another"))]))
    }
    #expect(try await ask(.get, "/v1/instances", key: key).status == .unauthorized)
    #expect(try await exchange(#"{"code":"\#(code)"}"#).status == .forbidden)
  }

  @Test("Without the token there is no code for the page")
  func unauthorized() async throws {
    #expect(try await service.ask(.post, "/v1/status-page", hasToken: false).status == .unauthorized)
  }
}
