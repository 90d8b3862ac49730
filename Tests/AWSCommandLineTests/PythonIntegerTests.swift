import AWSCommandLine
import Testing

struct PythonIntegerTests {
  @Test(
    "It is what Python's int() is",
    arguments: [
      ("5", 5), ("1_0", 10), ("٣", 3), (" 5\n", 5), ("+5", 5), ("-1", -1), ("007", 7), ("1_0_0", 100), ("५६", 56),
      ("99999999999999999999", Int.max), ("\u{1C}7\u{A0}", 7), ("", nil), ("_1", nil), ("1_", nil), ("1__0", nil),
      ("1.5", nil), ("abc", nil), ("1e1", nil), ("0x5", nil), ("- 1", nil), ("²", nil), ("Ⅷ", nil), ("+", nil),
    ] as [(String, Int?)])
  func parse(text: String, value: Int?) {
    #expect(PythonInteger.parse(text) == value)
  }
}
