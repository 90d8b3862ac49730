import Testing

@testable import System

struct PrintableTextTests {
  @Test(
    "What a terminal may act on is left out, masked or kept out of lines",
    arguments: [
      ("plain text, é, 日本, 🙂", "plain text, é, 日本, 🙂", "plain text, é, 日本, 🙂"),
      ("\u{1B}[2Ja\u{07}\r", "[2Ja", "?[2Ja??"), ("\u{9B}1m\u{9D}0;t\u{9C}", "1m0;t", "?1m?0;t?"), ("\u{7F}", "", "?"),
      ("a\u{202E}b\u{2066}c\u{200F}d\u{061C}", "abcd", "a?b?c?d?"), ("a\u{2028}b\u{2029}", "ab", "a?b?"),
      ("\u{FEFF}\u{E0001}", "", "??"), ("a\nb\tc", "abc", "a?b?c"), ("", "", ""),
    ])
  func texts(text: String, printable: String, masked: String) {
    #expect(text.printable == printable)
    #expect(text.masked == masked)
    #expect((text + "\n").printableLines.hasSuffix("\n"))
    #expect((text + "\n").printableLines.replacing("\n", with: "") == printable)
  }

  @Test("Of the characters up to U+00FF those of C0, DEL and C1 are controls, and the soft hyphen")
  func latin1() {
    let controls = (0...0xFF).filter { Unicode.Scalar(UInt8($0)).isControl }
    #expect(controls == Array(0...0x1F) + Array(0x7F...0x9F) + [0xAD])
  }
}
