import Testing

@testable import LocalAPI

struct DestinationTests {
  @Test(
    "Paths on the instance's own host are taken",
    arguments: ["/", "/ccp-v2/", "/a//b", "/a\\b", "/?x=//y", "/agent-app-v2?é=1"])
  func paths(text: String) {
    #expect(Destination(text)?.path == text)
  }

  @Test(
    "What a browser could take for another host, or cut, is refused",
    arguments: [
      "", "ccp", "//evil.example", "/\\evil.example", "\\/evil.example", "https://evil.example", "/\t/evil.example",
      "/a\nb", "/a\u{0}", "/a\u{7F}", "/a\u{85}", " /", "/\r\n",
    ])
  func others(text: String) {
    #expect(Destination(text) == nil)
  }
}
