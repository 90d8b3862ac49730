/// Reads JSON as Python's `json.loads` does: with its messages and positions, and with `NaN`, `Infinity` and `-Infinity`.
///
/// Source: CPython 3.11, Modules/_json.c.
package struct PythonJSONReader {
  /// Python's `JSONDecodeError`.
  package struct DecodeError: Error, Sendable, Equatable, CustomStringConvertible {
    let message: String
    let position: Int
    fileprivate let text: [Unicode.Scalar]

    /// Such as `Expecting value: line 1 column 2 (char 1)`.
    package var description: String {
      let before = text[..<position]
      let line = before.count { $0 == "\n" } + 1
      let column = position - (before.lastIndex(of: "\n") ?? -1)
      return "\(message): line \(line) column \(column) (char \(position))"
    }
  }

  /// Python gives up where its stack ends; each level takes a stack frame here as well.
  private static let deepest = 128

  private let text: [Unicode.Scalar]
  private var position = 0
  private var depth = 0

  private init(_ text: String) { self.text = Array(text.unicodeScalars) }

  /// Returns the one value that a text holds.
  package static func value(in text: String) throws(DecodeError) -> JSONValue {
    var reader = PythonJSONReader(text)
    if reader.text.first == "\u{FEFF}" {
      throw reader.error("Unexpected UTF-8 BOM (decode using utf-8-sig)", at: 0)
    }
    reader.skipWhitespace()
    let value = try reader.value()
    reader.skipWhitespace()
    guard reader.next == nil else { throw reader.error("Extra data", at: reader.position) }
    return value
  }

  private var next: Unicode.Scalar? { position < text.count ? text[position] : nil }

  private func error(_ message: String, at position: Int) -> DecodeError {
    DecodeError(message: message, position: position, text: text)
  }

  private mutating func skipWhitespace() {
    while let next, " \t\n\r".unicodeScalars.contains(next) { position += 1 }
  }

  private mutating func value() throws(DecodeError) -> JSONValue {
    switch next {
    case "\"": return .string(try string())
    case "{": return .object(try deeper { (reader) throws(DecodeError) in try reader.object() })
    case "[": return .array(try deeper { (reader) throws(DecodeError) in try reader.array() })
    default: break
    }
    for (word, value) in Self.words where text[position...].starts(with: word.unicodeScalars) {
      position += word.unicodeScalars.count
      return value
    }
    guard let number = number() else { throw error("Expecting value", at: position) }
    return .number(number)
  }

  private static let words: [(String, JSONValue)] = [
    ("null", .null), ("true", .boolean(true)), ("false", .boolean(false)), ("NaN", .number("NaN")),
    ("Infinity", .number("Infinity")), ("-Infinity", .number("-Infinity")),
  ]

  private mutating func deeper<Value>(
    _ read: (inout PythonJSONReader) throws(DecodeError) -> Value
  ) throws(DecodeError) -> Value {
    guard depth < Self.deepest else { throw error("Nested too deeply", at: position) }
    depth += 1
    position += 1
    skipWhitespace()
    let value = try read(&self)
    depth -= 1
    return value
  }

  private mutating func object() throws(DecodeError) -> JSONObject {
    var object = JSONObject()
    if take("}") { return object }
    while true {
      guard next == "\"" else { throw error("Expecting property name enclosed in double quotes", at: position) }
      let name = try string()
      skipWhitespace()
      guard take(":") else { throw error("Expecting ':' delimiter", at: position) }
      skipWhitespace()
      object[name] = try value()
      skipWhitespace()
      if take("}") { return object }
      guard take(",") else { throw error("Expecting ',' delimiter", at: position) }
      skipWhitespace()
    }
  }

  private mutating func array() throws(DecodeError) -> [JSONValue] {
    var elements: [JSONValue] = []
    if take("]") { return elements }
    while true {
      elements.append(try value())
      skipWhitespace()
      if take("]") { return elements }
      guard take(",") else { throw error("Expecting ',' delimiter", at: position) }
      skipWhitespace()
    }
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    position += 1
    return true
  }

  /// Returns the text of a number, as far as it is one: of `01` that is `0`.
  private mutating func number() -> String? {
    let start = position
    _ = take("-")
    guard take("0") || takeDigits() else {
      position = start
      return nil
    }
    takeFraction()
    takeExponent()
    return String(String.UnicodeScalarView(text[start..<position]))
  }

  private mutating func takeFraction() {
    let start = position
    if take("."), !takeDigits() { position = start }
  }

  private mutating func takeExponent() {
    let start = position
    guard take("e") || take("E") else { return }
    if !take("+") { _ = take("-") }
    if !takeDigits() { position = start }
  }

  private mutating func takeDigits() -> Bool {
    let start = position
    while let next, "0"..."9" ~= next { position += 1 }
    return position > start
  }

  private mutating func string() throws(DecodeError) -> String {
    let start = position
    var string = String.UnicodeScalarView()
    position += 1
    while let scalar = next {
      switch scalar {
      case "\"":
        position += 1
        return String(string)
      case "\\": string.append(try escape(ofStringAt: start))
      case "\0"..<" ": throw error("Invalid control character at", at: position)
      default:
        string.append(scalar)
        position += 1
      }
    }
    throw error("Unterminated string starting at", at: start)
  }

  private mutating func escape(ofStringAt start: Int) throws(DecodeError) -> Unicode.Scalar {
    let backslash = position
    position += 1
    guard let letter = next else { throw error("Unterminated string starting at", at: start) }
    position += 1
    if letter == "u" { return try unicodeEscape() }
    guard let scalar = Self.escapes[letter] else { throw error("Invalid \\escape", at: backslash) }
    return scalar
  }

  private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
    "\"": "\"", "\\": "\\", "/": "/", "b": "\u{8}", "f": "\u{C}", "n": "\n", "r": "\r", "t": "\t",
  ]

  /// Half of a surrogate pair becomes U+FFFD: Swift's texts have no form for it.
  private mutating func unicodeEscape() throws(DecodeError) -> Unicode.Scalar {
    let first = try hexadecimal()
    guard 0xD800..<0xDC00 ~= first, position + 6 < text.count, text[position] == "\\", text[position + 1] == "u" else {
      return Unicode.Scalar(first) ?? "\u{FFFD}"
    }
    let afterFirst = position
    position += 2
    let second = try hexadecimal()
    guard 0xDC00..<0xE000 ~= second else {
      position = afterFirst
      return "\u{FFFD}"
    }
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
  }

  private mutating func hexadecimal() throws(DecodeError) -> UInt32 {
    let letter = position - 1
    let digits = text[position...].prefix(4)
    // A string has its end behind the digits.
    guard digits.count == 4, position + 4 < text.count, digits.allSatisfy(\.properties.isASCIIHexDigit),
      let value = UInt32(String(String.UnicodeScalarView(digits)), radix: 16)
    else { throw error("Invalid \\uXXXX escape", at: letter) }
    position += 4
    return value
  }
}
