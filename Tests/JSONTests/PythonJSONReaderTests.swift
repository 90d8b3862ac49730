import JSON
import TestSupport
import Testing

struct PythonJSONReaderTests {
  private static let refused: [(text: String, message: String)] = [
    ("", "Expecting value: line 1 column 1 (char 0)"), (" ", "Expecting value: line 1 column 2 (char 1)"),
    ("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ("tru", "Expecting value: line 1 column 1 (char 0)"),
    ("{\"", "Unterminated string starting at: line 1 column 2 (char 1)"),
    ("{\"a\":\n\"b\nc\"}", "Invalid control character at: line 2 column 3 (char 8)"),
    ("{\"a\" 1}", "Expecting ':' delimiter: line 1 column 6 (char 5)"),
    ("{\"a\":1 \"b\":2}", "Expecting ',' delimiter: line 1 column 8 (char 7)"),
    ("{\"a\":1,}", "Expecting property name enclosed in double quotes: line 1 column 8 (char 7)"),
    ("[1,]", "Expecting value: line 1 column 4 (char 3)"),
    ("[1 2]", "Expecting ',' delimiter: line 1 column 4 (char 3)"),
    ("[", "Expecting value: line 1 column 2 (char 1)"), ("01", "Extra data: line 1 column 2 (char 1)"),
    ("1.", "Extra data: line 1 column 2 (char 1)"), ("-", "Expecting value: line 1 column 1 (char 0)"),
    ("\"\\x\"", "Invalid \\escape: line 1 column 2 (char 1)"),
    ("\"\\u12\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"),
    ("\"é\n", "Invalid control character at: line 1 column 3 (char 2)"),
    ("\u{FEFF}{}", "Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)"),
  ]

  @Test("What is no JSON is told in Python's words, with its positions", arguments: refused)
  func errors(text: String, message: String) {
    let error = #expect(throws: PythonJSONReader.DecodeError.self) { try PythonJSONReader.value(in: text) }
    #expect(error?.description == message)
  }

  @Test("NaN and the infinities are numbers, the last of equal names counts, and halves of pairs are replaced")
  func values() throws {
    #expect(
      try PythonJSONReader.value(in: "[NaN, Infinity, -Infinity]") == [
        .number("NaN"), .number("Infinity"), .number("-Infinity"),
      ])
    #expect(try PythonJSONReader.value(in: #"{"a":1.50e+3,"a":"\ud83d\ude00\ud800\/"}"#) == ["a": "😀\u{FFFD}/"])
    #expect(try PythonJSONReader.value(in: " -0.50 ") == .number("-0.50"))
    #expect(throws: PythonJSONReader.DecodeError.self) {
      try PythonJSONReader.value(in: String(repeating: "[", count: 100_000))
    }
  }

  @Test("It reads what the strict parser reads, as that reads it", arguments: 0..<300)
  func agreement(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let parts = [
      "{", "}", "[", "]", ",", ":", "\"a\"", "\"\\u0041\"", "1", "-0.5e3", "true", "null", " ", "\n", "\"é\"",
    ]
    let text = (0..<Int.random(in: 1...9, using: &generator)).map { _ in parts.randomElement(using: &generator) ?? "" }
      .joined()
    #expect((try? PythonJSONReader.value(in: text)) == (try? JSONValue(parsing: text)), "\(text)")
  }
}
