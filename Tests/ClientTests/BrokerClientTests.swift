import LocalHTTP
import Testing

@testable import Client

struct BrokerClientTests {
  @Test(
    "Over TCP a browser is led only to the address that was asked",
    arguments: [
      ("http://127.0.0.1:2776/v1/x", true), ("http://127.0.0.1:27760/v1/x", false), ("http://127.0.0.1:2776", false),
      ("http://localhost:2776/", false), ("http://[::1]:2776/", false), ("http://127.0.0.1:2776@evil.example/", false),
      ("https://127.0.0.1:2776/", false), ("file:///etc/passwd", false), ("javascript:alert(1)", false),
      ("http://127.0.0.1:2776/\u{1B}[2J", false), ("http://127.0.0.1:2776/\n", false), ("", false),
    ])
  func pageAddress(url: String, isAllowed: Bool) {
    #expect(BrokerClient.isAddress(url, of: .tcp(host: "127.0.0.1", port: 2776)) == isAllowed)
  }

  @Test(
    "A unix socket's daemon names its own TCP address", arguments: [("http://127.0.0.1:1/", true), ("file:///", false)])
  func pageAddressOfSocket(url: String, isAllowed: Bool) {
    #expect(BrokerClient.isAddress(url, of: .unix(path: "/s")) == isAllowed)
  }
}
