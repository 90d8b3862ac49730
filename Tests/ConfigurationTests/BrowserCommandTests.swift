import Testing

@testable import Configuration

struct BrowserCommandTests {
  @Test(
    "A command is words, with the address where it is wanted",
    arguments: [
      ("xdg-open %u", ["xdg-open", "ADDRESS"]), ("firefox", ["firefox", "ADDRESS"]),
      ("firefox -P connect %u", ["firefox", "-P", "connect", "ADDRESS"]),
      ("  a   b  ", ["a", "b", "ADDRESS"]), (#"a "b c" --x="d e" """#, ["a", "b c", "--x=d e", "", "ADDRESS"]),
      ("chromium --app=%u --class=a%%u", ["chromium", "--app=ADDRESS", "--class=a%u"]),
      ("a %u %u", ["a", "ADDRESS", "ADDRESS"]), ("a $(b) ;c", ["a", "$(b)", ";c", "ADDRESS"]),
    ])
  func words(text: String, arguments: [String]) {
    #expect(BrowserCommand(text)?.arguments(opening: "ADDRESS") == arguments)
  }

  @Test(
    "What has no meaning is no command",
    arguments: ["", " ", "\"\"", "%u", "%u a", "a %", "a %x", "a %U", "a \"b", "\"a"])
  func refused(text: String) {
    #expect(BrowserCommand(text) == nil)
  }

  @Test("An address with a percent sign stays as it is")
  func percent() {
    #expect(BrowserCommand("a %u")?.arguments(opening: "/x%u%%") == ["a", "/x%u%%"])
  }
}
