import Outbound
import Secrets
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ProxyAddressTests {
  @Test(arguments: [
    ("http://proxy.example.com:3128", "http", "proxy.example.com:3128", nil, nil),
    ("proxy:3128", "http", "proxy:3128", nil, nil), ("//proxy:3128/", "http", "proxy:3128", nil, nil),
    ("http://proxy", "http", "proxy:80", nil, nil), ("https://PROXY/", "https", "proxy:443", nil, nil),
    ("HTTP://proxy:", "http", "proxy:80", nil, nil), ("socks5h://proxy", "socks5h", "proxy:1080", nil, nil),
    ("http://[::1]:3128", "http", "[::1]:3128", nil, nil),
    ("http://ana:pass@proxy:1", "http", "proxy:1", "ana", "pass"),
    ("ana:pass@proxy:1", "http", "proxy:1", "ana", "pass"),
    ("http://ana@proxy:1", "http", "proxy:1", "ana", ""),
    ("http://ana:p@ss:w%2Ford%23 x@proxy:1", "http", "proxy:1", "ana", "p@ss:w/ord# x"),
    ("http://a%3Ab:%zz%4@proxy:1", "http", "proxy:1", "a:b", "%zz%4"),
    ("http://ana:pä%C3%A4@proxy:1", "http", "proxy:1", "ana", "pää"),
  ])
  func `An address is taken apart`(
    text: String, scheme: String, authority: String, userName: String?, password: String?
  ) throws {
    let proxy = try ProxyAddress(text, variable: "HTTPS_PROXY")
    #expect(proxy.scheme == scheme)
    #expect(proxy.authority == authority)
    #expect(proxy.userName?.exposed == userName)
    #expect(proxy.password?.exposed == password)
  }

  /// None of these can be read, and each has the password `hunter2` in it.
  static let unreadable = [
    "http://ana:hun/hunter2@proxy:3128", "http://ana:hunter2?@proxy:3128", "http://ana:hunter2#@proxy:3128",
    "http://ana:12/hunter2@proxy:3128", "http://ana:hunter2@proxy:3128\n", "http://ana:hunter2@proxy:31\r28",
    "http://ana:hunter2@proxy:99999", "http://ana:hunter2@proxy:0", "http://ana:hunter2@proxy:-1",
    "http://ana:hunter2@proxy:3128x", "ftp://ana:hunter2@proxy:21", "sock5://ana:hunter2@proxy:1080",
    "http://ana:hunter2@", "http://ana:hunter2@:3128", "http://ana:hunter2@pro xy:3128", "http://ana:hunter2@[::1:3128",
    "http://ana:hunter2@proxy:3128/path", "http:ana:hunter2@proxy:3128", "http:/ana:hunter2@proxy:3128",
    "http://ana:hunter2%00@proxy:3128", "http://proxy:3128/ana:hunter2", "http://ana:hunter2@pröxy:3128",
  ]

  @Test(arguments: unreadable)
  func `What is no address is refused without a word of it`(text: String) async throws {
    let settings = ProxySettings(environment: ["https_proxy": text])
    let problem = try #require(settings.problems.first)
    #expect(problem.hasPrefix("https_proxy is not http://[user:password@]host[:port]: "))
    for word in ["hunter", "ana", "pro", "3128"] {
      #expect(!problem.dropFirst("https_pro".count).dropFirst(2).contains(word))
    }
    var transport = TransportSettings()
    transport.proxies = settings
    let request = TransportRequest(method: "GET", url: "https://connect.invalid/")
    await #expect(throws: TransportError(.invalidRequest, problem)) { try await CurlTransport(transport).send(request) }
  }

  @Test(arguments: [
    ("http://ana:hunter2@127.0.0.1:1", TransportError.Reason.connect, "no connection to the proxy 127.0.0.1:1"),
    ("http://ana:hunter2@proxy.invalid:1", .resolve, "the proxy proxy.invalid:1"),
    ("socks5://ana:hunter2@127.0.0.1:1", .connect, "the proxy 127.0.0.1:1"),
  ])
  func `A proxy that is not there is named by host and port`(
    text: String, reason: TransportError.Reason, words: String
  ) async throws {
    var settings = TransportSettings()
    settings.proxies = ProxySettings(environment: ["https_proxy": text])
    let request = TransportRequest(method: "GET", url: "https://connect.invalid/")
    do throws(TransportError) {
      _ = try await CurlTransport(settings).send(request)
      Issue.record("there is an answer")
    } catch {
      #expect(error.reason == reason)
      #expect(error.message.contains(words))
      #expect(!error.message.contains("hunter2") && !error.message.contains("ana"))
    }
  }
}
