/// Why a text is not JSON.
///
/// Quotes nothing of it, since it may hold secrets.
package struct JSONError: Error, Sendable, Equatable {
  package let reason: String
  /// Bytes from the start of the text.
  package let offset: Int

  /// The reason of a text that may be JSON, but nests deeper than is read.
  package static let nestedTooDeeply = "nested too deeply"
}

/// Walks a JSON text token by token (RFC 8259), without copying it.
///
/// The text is an argument of each step, the same one each time, because a `Span` cannot be stored.
struct JSONScanner {
  /// Deeper texts are refused, since each level takes a stack frame of the reader.
  static let maxDepth = 128

  enum Kind {
    case null
    case boolean(Bool)
    case number
    case string
    case array
    case object
  }

  private(set) var position = 0
  private var depth = 0

  init(position: Int = 0) {
    self.position = position
  }

  /// What kind of value comes next; does not move past it.
  mutating func peek(_ text: Span<UInt8>) throws(JSONError) -> Kind {
    skipWhitespace(text)
    guard position < text.count else { throw error("the text ends too early") }
    switch text[position] {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "t"): return .boolean(true)
    case UInt8(ascii: "f"): return .boolean(false)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    default: throw error("a value is expected")
    }
  }

  mutating func literal(_ word: StaticString, _ text: Span<UInt8>) throws(JSONError) {
    for byte in word.description.utf8 {
      guard position < text.count, text[position] == byte else { throw error("a value is expected") }
      position += 1
    }
  }

  /// Moves into the array or object that `peek` announced.
  mutating func enter(_ text: Span<UInt8>) throws(JSONError) {
    depth += 1
    guard depth <= Self.maxDepth else { throw error(JSONError.nestedTooDeeply) }
    position += 1
  }

  /// Moves to the next element of an array; `false` once past its end.
  mutating func nextElement(_ text: Span<UInt8>, isFirst: Bool) throws(JSONError) -> Bool {
    try separator(text, end: UInt8(ascii: "]"), isFirst: isFirst)
  }

  /// Moves to the value of the next member of an object and returns the member's name; `nil` once past its end.
  mutating func nextName(_ text: Span<UInt8>, isFirst: Bool) throws(JSONError) -> String? {
    guard try separator(text, end: UInt8(ascii: "}"), isFirst: isFirst) else { return nil }
    skipWhitespace(text)
    guard position < text.count, text[position] == UInt8(ascii: "\"") else {
      throw error("a member's name is expected")
    }
    let name = try string(text)
    skipWhitespace(text)
    guard position < text.count, text[position] == UInt8(ascii: ":") else { throw error("a colon is expected") }
    position += 1
    return name
  }

  private mutating func separator(_ text: Span<UInt8>, end: UInt8, isFirst: Bool) throws(JSONError) -> Bool {
    skipWhitespace(text)
    guard position < text.count else { throw error("the text ends too early") }
    if text[position] == end {
      position += 1
      depth -= 1
      return false
    }
    guard !isFirst else { return true }
    guard text[position] == UInt8(ascii: ",") else { throw error("a comma is expected") }
    position += 1
    return true
  }

  /// The text of a number, which must have the form of RFC 8259 §6.
  mutating func number(_ text: Span<UInt8>) throws(JSONError) -> String {
    let start = position
    _ = skip(UInt8(ascii: "-"), text)
    if !skip(UInt8(ascii: "0"), text) { try digits(text) }
    if skip(UInt8(ascii: "."), text) { try digits(text) }
    if skip(UInt8(ascii: "e"), text) || skip(UInt8(ascii: "E"), text) {
      if !skip(UInt8(ascii: "+"), text) { _ = skip(UInt8(ascii: "-"), text) }
      try digits(text)
    }
    return String(decoding: (start..<position).map { text[$0] }, as: UTF8.self)
  }

  private mutating func digits(_ text: Span<UInt8>) throws(JSONError) {
    let start = position
    while position < text.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= text[position] { position += 1 }
    guard position > start else { throw error("a digit is expected") }
  }

  private mutating func skip(_ byte: UInt8, _ text: Span<UInt8>) -> Bool {
    guard position < text.count, text[position] == byte else { return false }
    position += 1
    return true
  }

  mutating func string(_ text: Span<UInt8>) throws(JSONError) -> String {
    var bytes: [UInt8] = []
    try string(text) { bytes.append($0) }
    guard let string = String(validating: bytes, as: UTF8.self) else { throw error("a string is not UTF-8") }
    return string
  }

  /// Gives the bytes of the string that comes next, unescaped, to `emit`.
  ///
  /// UTF-8 is not checked.
  mutating func string(_ text: Span<UInt8>, emit: (UInt8) -> Void) throws(JSONError) {
    position += 1
    while position < text.count {
      let byte = text[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return
      case UInt8(ascii: "\\"): try escape(text, emit: emit)
      case 0..<0x20: throw error("a control character in a string")
      default: emit(byte)
      }
    }
    throw error("a string does not end")
  }

  private mutating func escape(_ text: Span<UInt8>, emit: (UInt8) -> Void) throws(JSONError) {
    guard position < text.count else { throw error("a string does not end") }
    let byte = text[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): emit(byte)
    case UInt8(ascii: "b"): emit(0x08)
    case UInt8(ascii: "f"): emit(0x0C)
    case UInt8(ascii: "n"): emit(0x0A)
    case UInt8(ascii: "r"): emit(0x0D)
    case UInt8(ascii: "t"): emit(0x09)
    case UInt8(ascii: "u"):
      let scalar = try unicodeEscape(text)
      UTF8.encode(scalar)?.forEach(emit)
    default: throw error("an unknown escape in a string")
    }
  }

  /// What follows `\u`.
  ///
  /// Half a surrogate pair becomes U+FFFD, since UTF-8 has no form for it.
  private mutating func unicodeEscape(_ text: Span<UInt8>) throws(JSONError) -> Unicode.Scalar {
    let first = try hexadecimal(text)
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard 0xD800..<0xDC00 ~= first, position + 1 < text.count, text[position] == UInt8(ascii: "\\"),
      text[position + 1] == UInt8(ascii: "u")
    else { return "\u{FFFD}" }
    let afterFirst = position
    position += 2
    let second = try hexadecimal(text)
    guard 0xDC00..<0xE000 ~= second else {
      position = afterFirst
      return "\u{FFFD}"
    }
    return Unicode.Scalar(0x10000 + (UInt32(first - 0xD800) << 10) + UInt32(second - 0xDC00)) ?? "\u{FFFD}"
  }

  private mutating func hexadecimal(_ text: Span<UInt8>) throws(JSONError) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard position < text.count, let digit = Character(Unicode.Scalar(text[position])).hexDigitValue else {
        throw error("four hexadecimal digits are expected")
      }
      value = value << 4 | UInt16(digit)
      position += 1
    }
    return value
  }

  /// Moves past the value that comes next, checking it.
  mutating func skipValue(_ text: Span<UInt8>) throws(JSONError) {
    switch try peek(text) {
    case .null: try literal("null", text)
    case .boolean(let value): try literal(value ? "true" : "false", text)
    case .number: _ = try number(text)
    case .string: try string(text) { _ in }
    case .array:
      var isFirst = true
      try enter(text)
      while try nextElement(text, isFirst: isFirst) {
        try skipValue(text)
        isFirst = false
      }
    case .object:
      var isFirst = true
      try enter(text)
      while try nextName(text, isFirst: isFirst) != nil {
        try skipValue(text)
        isFirst = false
      }
    }
  }

  /// Checks that nothing but white space is left.
  mutating func finish(_ text: Span<UInt8>) throws(JSONError) {
    skipWhitespace(text)
    guard position == text.count else { throw error("something follows the value") }
  }

  private mutating func skipWhitespace(_ text: Span<UInt8>) {
    while position < text.count {
      switch text[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  private func error(_ reason: String) -> JSONError {
    JSONError(reason: reason, offset: position)
  }
}
