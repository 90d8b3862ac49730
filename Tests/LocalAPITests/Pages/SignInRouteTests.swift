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

struct SignInRouteTests {
  private static let html: HTTPFields = [.accept: "text/html,*/*;q=0.8"]
  /// What a browser sends when a file of the disk makes it go somewhere.
  private static let fromFile = navigation(site: "cross-site")

  private static func navigation(
    site: String, mode: String = "navigate", destination: String = "document"
  ) -> HTTPFields {
    var fields = html
    for (name, value) in ["Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": destination] {
      fields[HTTPField.Name(name)!] = value
    }
    return fields
  }

  private let service = ServiceUnderTest.answering(entries: [
    ServiceUnderTest.entry("sales", id: "s"), ServiceUnderTest.entry("arn:x/y", id: "y"),
  ])

  /// The target of an address with a one-time code.
  private func target(_ instance: String = "sales", _ query: String = "") async throws -> String {
    let response = try await service.ask(.post, "/v1/instances/\(instance)/sign-in\(query)")
    #expect(response.status == .created)
    #expect(response.json?["expires_in"] == 30)
    let url = try #require(response.json?["url"]?.string)
    let origin = "http://localhost"
    #expect(url.hasPrefix("\(origin)/v1/instances/\(instance)/sign-in?code="))
    return String(url.dropFirst(origin.count))
  }

  private func open(_ target: String, _ method: HTTPRequest.Method = .get, _ fields: HTTPFields = fromFile)
    async throws -> Response
  {
    try await service.ask(method, target, fields: fields, hasToken: false)
  }

  @Test("A code opens the page that signs in, once, without the token")
  func once() async throws {
    let target = try await target("sales", "?destination=/ccp-v2/")
    #expect(target.split(separator: "=").last?.count == 43)
    let page = try await open(target)
    #expect(page.status == .ok)
    #expect(page.content?.mediaType == "text/html; charset=utf-8")
    #expect(page.text.contains("name=\"destination\" value=\"/ccp-v2/\""))
    let again = try await open(target)
    #expect(again.status == .forbidden)
    #expect(again.content?.mediaType == "text/html; charset=utf-8")
    #expect(!again.text.contains("access-token"))
  }

  @Test("HEAD looks at the page and does not spend the code")
  func head() async throws {
    let target = try await target()
    let head = try await open(target, .head)
    #expect(head.status == .ok)
    let page = try await open(target)
    #expect(page.text == head.text)
    #expect(try await open(target, .head).status == .forbidden)
  }

  @Test("After 30 s a code opens nothing")
  func expired() async throws {
    let target = try await target()
    service.clock.advance(by: .seconds(30))
    #expect(try await open(target, .get, [:]).code == "Forbidden")
  }

  @Test("A code is for its instance, and not spent at another one")
  func bound() async throws {
    let target = try await target("arn%3Ax%2Fy")
    let code = try #require(target.split(separator: "?").last)
    #expect(try await open("/v1/instances/sales/sign-in?\(code)").status == .forbidden)
    #expect(try await open("/v1/instances/y/sign-in?\(code)").status == .forbidden)
    #expect(try await open("/?\(code)").status == .forbidden)
    #expect(try await open(target).status == .ok)
  }

  @Test(
    "A code lets pages do nothing but go there",
    arguments: [
      navigation(site: "cross-site", destination: "iframe"), navigation(site: "same-site", destination: "embed"),
      navigation(site: "cross-site", mode: "no-cors", destination: "image"),
      navigation(site: "cross-site", mode: "cors", destination: "empty"),
      navigation(site: "same-origin", mode: "cors", destination: "empty"),
      navigation(site: "same-origin", destination: "iframe"),
      [.origin: "https://attacker.example"], [.origin: "null"],
    ] as [HTTPFields])
  func pages(fields: HTTPFields) async throws {
    let target = try await target()
    for method in [HTTPRequest.Method.get, .head] {
      let response = try await open(target, method, fields)
      #expect(response.status == .forbidden)
      #expect(!response.text.contains("access-token"))
    }
    #expect(try await open(target).status == .ok, "the code was not spent")
  }

  @Test("Without a code a page of another site cannot even go there")
  func noCode() async throws {
    for target in [
      "/v1/instances/sales/sign-in", "/v1/instances/sales/sign-in?code=x", "/v1/instances", "/healthz",
    ] {
      #expect(try await open(target).status == .forbidden)
    }
  }

  @Test("Without the token there is no code")
  func unauthorized() async throws {
    #expect(try await open("/v1/instances/sales/sign-in", .post, [:]).status == .unauthorized)
  }

  @Test(
    "What is no destination, or nothing known, is refused",
    arguments: [
      (HTTPRequest.Method.post, "?destination=//evil.example", 400), (.post, "?destination=/%5Cevil.example", 400),
      (.post, "?destination=", 400), (.post, "?destination=/%0a", 400), (.post, "?destination=/&destination=/", 400),
      (.post, "?code=x", 400), (.get, "", 400), (.get, "?code=x&y", 400), (.get, "?code=x", 403), (.put, "", 405),
    ] as [(HTTPRequest.Method, String, Int)])
  func refused(method: HTTPRequest.Method, query: String, status: Int) async throws {
    let response = try await service.ask(method, "/v1/instances/sales/sign-in\(query)")
    #expect(response.status.code == status)
    if status == 405 { #expect(response.fields[.allow] == "GET, HEAD, POST") }
  }

  @Test("An instance that is not served gets no code")
  func notServed() async throws {
    #expect(try await service.ask(.post, "/v1/instances/other/sign-in").code == "InstanceNotServed")
  }

  @Test("A code is for the person that it was asked for")
  func sessionName() async throws {
    let key = TokenKey(instanceID: "i", region: "us-east-1", identity: Identity(roleARN: "arn:aws:iam::1:role/agent"))
    let service = ServiceUnderTest.answering(entries: [
      InstanceDirectory.Entry(
        alias: "many", isWarm: false, key: key, instanceID: "i",
        sessionNames: ["*@example.com"].compactMap { SessionNamePattern($0) })
    ]) { key in ServiceUnderTest.federationToken(accessToken: "of \(key.identity.sessionName ?? "nobody")") }
    let path = "/v1/instances/many/sign-in"
    #expect(try await service.ask(.post, path).code == "SessionNameRequired")
    #expect(try await service.ask(.post, "\(path)?session_name=ana").code == "SessionNameNotAllowed")
    let url = try await service.ask(.post, "\(path)?session_name=ana@example.com").json?["url"]?.string
    let target = try #require(url?.dropFirst("http://localhost".count))
    #expect(try await service.ask(.get, "\(target)&session_name=ben@example.com", hasToken: false).code == "BadRequest")
    #expect(try await service.ask(.get, String(target), hasToken: false).text.contains("of ana@example.com"))
  }

  @Test("A failure of AWS is a page for a browser, and a problem for other clients", arguments: [html, [:]])
  func failure(fields: HTTPFields) async throws {
    let service = ServiceUnderTest.failing(
      AWSError(.service(status: 403, code: "AccessDeniedException"), "<b>no</b>"))
    let url = try await service.ask(.post, "/v1/instances/demo/sign-in").json?["url"]?.string
    let target = try #require(url?.dropFirst("http://localhost".count))
    let response = try await service.ask(.get, String(target), fields: fields, hasToken: false)
    #expect(response.status == .badGateway)
    if fields.isEmpty {
      #expect(response.code == "AccessDeniedException")
    } else {
      #expect(response.text.contains("&lt;b&gt;no&lt;/b&gt;"))
      #expect(response.text.contains("AccessDeniedException"))
    }
  }

  @Test("Over a unix socket the address is that of the first TCP listener, or of loopback where it is all addresses")
  func unixSocket() async throws {
    let service = ServiceUnderTest.answering(
      entries: [ServiceUnderTest.entry("sales", id: "s")], peers: PeerPolicy(uids: [1000]))
    let unix = Client(transport: .unix(uid: 1000, gids: []))
    func ask() async throws -> Response {
      try await service.ask(.post, "/v1/instances/sales/sign-in", hasToken: false, from: unix)
    }
    service.service.pages.listen(at: [.unix(path: "/s")])
    #expect(try await ask().code == "NoBrowserAddress")
    for (host, shown) in [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]")] {
      service.service.pages.listen(at: [.unix(path: "/s"), .tcp(host: host, port: 2776)])
      let url = try #require(try await ask().json?["url"]?.string)
      #expect(url.hasPrefix("http://\(shown):2776/v1/instances/sales/sign-in?code="))
    }
  }
}
