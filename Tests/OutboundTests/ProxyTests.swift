import Outbound
import Secrets
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ProxyTests {
  private let proxy = LoopbackServer { connection in
    while let request = connection.readRequest() {
      if request.hasPrefix("CONNECT") {
        connection.respond("", status: "403 Forbidden")
      } else {
        connection.respond("from the proxy")
      }
    }
  }
  private let origin = LoopbackServer { connection in
    while connection.readRequest() != nil { connection.respond("from the origin") }
  }

  private func body(_ environment: [String: String], bypassesProxy: Bool = false) async throws -> String {
    var settings = TransportSettings()
    settings.proxies = ProxySettings(environment: environment)
    let request = TransportRequest(method: "GET", url: "\(origin.url)/x", bypassesProxy: bypassesProxy)
    return try await CurlTransport(settings).send(request).body.exposed
  }

  @Test func `A request goes through the proxy of its scheme, with the whole address`() async throws {
    #expect(try await body(["http_proxy": proxy.url]) == "from the proxy")
    #expect(proxy.requests.first?.hasPrefix("GET \(origin.url)/x HTTP/1.1\r\n") == true)
    #expect(origin.requests.isEmpty)
  }

  @Test(arguments: [
    ["HTTP_PROXY": "http://127.0.0.1:1"], ["ALL_PROXY": "http://127.0.0.1:1", "all_proxy": "http://127.0.0.1:1"],
    ["https_proxy": "http://127.0.0.1:1"], ["http_proxy": ""],
    ["http_proxy": "http://127.0.0.1:1", "no_proxy": "127.0.0.1"],
    ["http_proxy": "http://127.0.0.1:1", "NO_PROXY": "example.com, 127.0.0.0/8"],
    ["http_proxy": "http://127.0.0.1:1", "NO_PROXY": "*"],
  ])
  func `A request connects directly where no proxy is meant for it`(environment: [String: String]) async throws {
    #expect(try await body(environment) == "from the origin")
  }

  @Test func `A request that bypasses proxies connects directly`() async throws {
    #expect(try await body(["http_proxy": proxy.url], bypassesProxy: true) == "from the origin")
    #expect(proxy.requests.isEmpty)
  }

  @Test func `HTTPS asks the proxy for a tunnel`() async throws {
    var settings = TransportSettings()
    settings.proxies = ProxySettings(environment: [
      "HTTPS_PROXY": "http://user:pass@127.0.0.1:\(proxy.port)"
    ])
    let request = TransportRequest(
      method: "GET", url: "https://connect.invalid/secret-path", fields: [("X-Amz-Security-Token", Secret("t"))])
    await #expect(throws: TransportError.self) { try await CurlTransport(settings).send(request) }
    let tunnel = try #require(proxy.requests.first)
    #expect(tunnel.hasPrefix("CONNECT connect.invalid:443 HTTP/1.1\r\n"))
    #expect(tunnel.contains("Proxy-Authorization: Basic dXNlcjpwYXNz"))
    #expect(!tunnel.contains("X-Amz"))
    #expect(!tunnel.contains("secret-path"))
  }
}
