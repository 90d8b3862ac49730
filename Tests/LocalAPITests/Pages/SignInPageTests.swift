import AWS
import HTTPTypes
import JSON
import LocalHTTP
import Secrets
import TestSupport
import Testing

@testable import LocalAPI

struct SignInPageTests {
  private func page(
    _ destination: String = "/", _ change: (inout FederationToken) -> Void = { _ in }
  ) throws -> Response {
    var token = ServiceUnderTest.federationToken()
    change(&token)
    return try SignInPage.response(token, try #require(Destination(destination)))
  }

  @Test("The form holds the four values with times in milliseconds, and the destination, for SignInUrl")
  func form() throws {
    let page = try page("/ccp-v2/?a=1&b=\"2\"")
    #expect(page.text.contains(#"<form method="post" action="https://demo.example/sign-in">"#))
    let credentials =
      #"{"AccessToken":"access-token","AccessTokenExpiration":1795479300000,"RefreshToken":"refresh-token","#
      + #""RefreshTokenExpiration":1795521600000}"#
    let escaped = credentials.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "&quot;")
    #expect(page.text.contains("name=\"credentials\" value=\"\(escaped)\""))
    #expect(page.text.contains(#"name="destination" value="/ccp-v2/?a=1&amp;b=&quot;2&quot;""#))
    #expect(page.text.contains("<button"))
  }

  @Test("Nothing that AWS sends becomes markup")
  func escaping() throws {
    let page = try page {
      $0.accessToken = Secret("'><script>alert(1)</script>&amp;\"")
      $0.signInURL = Secret("https://demo.example/?\"><script>")
    }
    #expect(page.text.ranges(of: "<script>").count == 1)
    #expect(page.text.contains("&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;"))
    #expect(page.text.contains("action=\"https://demo.example/?&quot;&gt;&lt;script&gt;\""))
  }

  @Test("The page may run its one script and send its form by https, and no more")
  func policy() throws {
    let page = try page()
    let policy = try #require(page.fields[.contentSecurityPolicy])
    for part in [
      "default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action https:;",
      "sandbox allow-forms allow-scripts", "script-src 'sha256-",
    ] {
      #expect(policy.contains(part))
    }
    #expect(!policy.contains("unsafe"))
    #expect(page.fields[HTTPField.Name("Referrer-Policy")!] == "no-referrer")
  }

  @Test(
    "Without TLS a form goes to this machine only",
    arguments: [
      ("http://127.0.0.1:8080/sign-in", "http://127.0.0.1:8080"), ("http://localhost/x", "http://localhost"),
      ("http://[::1]:1?x", "http://[::1]:1"),
    ])
  func loopback(address: String, source: String) throws {
    let page = try page { $0.signInURL = Secret(address) }
    #expect(page.fields[.contentSecurityPolicy]?.contains("form-action \(source);") == true)
  }

  @Test(
    "A form for anywhere else is not made",
    arguments: [
      "http://demo.example/", "http://127.0.0.1@demo.example/", "http://127.0.0.1\\@demo.example/",
      "http://127.0.0.1.demo.example/", "javascript:alert(1)", "data:text/html,x", "//demo.example", "", "HTTP://x",
    ])
  func elsewhere(address: String) throws {
    let problem = #expect(throws: Problem.self) { try page { $0.signInURL = Secret(address) } }
    #expect(problem?.code == "BadUpstreamResponse")
  }

  @Test("Without a SignInUrl there is no page")
  func missing() throws {
    #expect(throws: Problem.self) { try page { $0.signInURL = nil } }
  }
}
