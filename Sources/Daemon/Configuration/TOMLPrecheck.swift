/// Refuses what TOMLKit would take wrongly or not survive, before it sees the text.
///
/// It hands text to C++ and back as C strings, which end at the first NUL: `id = "a\u0000b"` would read as `a`. And
/// its tables are destroyed by recursion, one level for each part of a dotted key, of which it has no limit: a key of
/// 20,000 parts overflows the stack. (Arrays and inline tables it limits to 256 levels.)
struct TOMLPrecheck {
  /// Keys here have three parts, and 256 levels of values then make 8,448 levels of tables at most.
  static let mostDots = 32

  private enum Context {
    case bare
    case comment
    /// Inside a string: its quote, and whether it is one of three.
    case string(quote: UInt8, isMultiline: Bool)
  }

  private var context = Context.bare
  private var line = 1
  /// Outside strings, on this line; a key cannot go on in the next one.
  private var dots = 0

  /// Checks UTF-8, NUL and the parts of keys.
  ///
  /// Other ill-formed text is left to the parser.
  mutating func run(_ bytes: [UInt8]) throws(TOMLDocument.SyntaxError) {
    do {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      line += bytes[..<error.byteOffsets.lowerBound].count { $0 == UInt8(ascii: "\n") }
      throw refusal("this is not UTF-8 text")
    }
    var index = 0
    while index < bytes.count {
      index += try advance(bytes[index...])
    }
  }

  /// Takes the first byte of `rest`, with those that belong to it, and returns how many they are.
  private mutating func advance(_ rest: ArraySlice<UInt8>) throws(TOMLDocument.SyntaxError) -> Int {
    let byte = rest[rest.startIndex]
    if byte == 0 { throw refusal("a NUL character is not allowed") }
    if byte == UInt8(ascii: "\n") {
      line += 1
      dots = 0
      if case .comment = context { context = .bare }
      return 1
    }
    switch context {
    case .comment: return 1
    case .bare: return try advanceBare(byte, rest)
    case .string(let quote, let isMultiline):
      return try advanceString(byte, rest, quote: quote, isMultiline: isMultiline)
    }
  }

  private mutating func advanceBare(
    _ byte: UInt8, _ rest: ArraySlice<UInt8>
  ) throws(TOMLDocument.SyntaxError) -> Int {
    switch byte {
    case UInt8(ascii: "#"):
      context = .comment
    case UInt8(ascii: "\""), UInt8(ascii: "'"):
      let isMultiline = rest.starts(with: [byte, byte, byte])
      context = .string(quote: byte, isMultiline: isMultiline)
      return isMultiline ? 3 : 1
    case UInt8(ascii: "."):
      dots += 1
      if dots > Self.mostDots { throw refusal("more than \(Self.mostDots) dots outside strings on one line") }
    default: break
    }
    return 1
  }

  private mutating func advanceString(
    _ byte: UInt8, _ rest: ArraySlice<UInt8>, quote: UInt8, isMultiline: Bool
  ) throws(TOMLDocument.SyntaxError) -> Int {
    if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
      if rest.starts(with: #"\u0000"#.utf8) || rest.starts(with: #"\U00000000"#.utf8) {
        throw refusal("a NUL character is not allowed")
      }
      // The escaped byte cannot end the string; an escaped line end is seen next.
      return rest.dropFirst().first == UInt8(ascii: "\n") ? 1 : 2
    }
    guard byte == quote else { return 1 }
    guard isMultiline else {
      context = .bare
      return 1
    }
    // Two quotes may stand before the three that end the string.
    let quotes = rest.prefix(5).prefix { $0 == quote }.count
    if quotes >= 3 { context = .bare }
    return quotes
  }

  private func refusal(_ reason: String) -> TOMLDocument.SyntaxError {
    .init(position: String(line), reason: reason)
  }
}
