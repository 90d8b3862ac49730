import JSON
import TestSupport
import Testing

@testable import AWSOutput

struct EastAsianWidthTests {
  @Test(
    "Wide, fullwidth and ambiguous characters take two columns",
    arguments: [("", 0), ("abc", 3), ("漢字", 4), ("ａ", 2), ("α", 2), ("é", 2), ("e\u{301}", 3), ("🙂", 2), ("ﬁ", 1)])
  func columns(text: String, expected: Int) {
    #expect(EastAsianWidth.columns(of: text) == expected)
  }

  @Test("Each code point is as wide as in Python", .enabled(if: Oracle.isExpected, "Python is not in .venv"))
  func live() throws {
    let edges = try #require(try JSONValue(parsing: Oracle.run("output_width.py")).array)
      .compactMap { UInt32($0.pythonText) }
    #expect(edges.count > 1000)
    var next = 0
    var differing: [UInt32] = []
    for scalar in (0...0x10FFFF as ClosedRange<UInt32>).compactMap(Unicode.Scalar.init) {
      while next < edges.count, edges[next] <= scalar.value { next += 1 }
      if EastAsianWidth.isWide(scalar) == next.isMultiple(of: 2) { differing.append(scalar.value) }
    }
    #expect(differing.count == 0, "the first is \(differing.prefix(1))")
  }
}
