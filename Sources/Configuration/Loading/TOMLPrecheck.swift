internal import System

/// Refuses text that TOMLKit would read wrongly or crash on, before TOMLKit reads it.
///
/// TOMLKit hands text to C++ (toml++ 3.4) and back as C strings, which end at the first NUL: `id = "a\u0000b"` would
/// read as `a`. Where the text is not what its parser expects it does not always report that: `assert` ends the process
/// on `a = [}`, on a header without a key and on some half dates, and a key of 20,000 parts overflows the stack when its
/// tables are destroyed. A daemon must outlive a typing error in a file it reloads.
///
/// So this walks the text by the same grammar, strings and brackets told apart, and lets through no more than those
/// asserts allow. Text that is ill-formed in other ways is left to the parser, which stops at the first error.
struct TOMLPrecheck {
  /// Keys here have three parts, and 256 levels of values (toml++'s limit) then make 8,448 levels of tables at most.
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
  /// The arrays and inline tables that are open, by their first byte.
  private var open: [UInt8] = []
  /// Whether a value follows or has begun, not a key or a header.
  private var isInValue = false
  /// Whether the byte before is a digit, underscores aside.
  private var followsDigit = false
  /// Whether nothing of the next key or header has come yet.
  private var isBeforeStatement = true
  /// The keys and headers so far.
  private(set) var statements: [Statement] = []

  /// Where a key or a header begins.
  struct Statement: Sendable {
    let line: Int
    /// The index of its first byte.
    let start: Int
  }

  /// Throws an error for the first text that must not reach the parser.
  mutating func run(_ bytes: [UInt8]) throws(TOMLDocument.SyntaxError) {
    do {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      line += bytes[..<error.byteOffsets.lowerBound].count { $0 == UInt8(ascii: "\n") }
      throw refusal("this is not UTF-8 text")
    }
    let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    var index = bytes.starts(with: byteOrderMark) ? byteOrderMark.count : 0
    while index < bytes.count {
      index += try advance(bytes[index...])
    }
  }

  /// Consumes the first byte of `rest` and the bytes that belong to it, and returns their number.
  private mutating func advance(_ rest: ArraySlice<UInt8>) throws(TOMLDocument.SyntaxError) -> Int {
    let byte = rest[rest.startIndex]
    switch byte {
    case UInt8(ascii: "\n"):
      startLine()
      return 1
    case UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
    case 0..<0x20, 0x7F: throw refusal("a control character is not allowed")
    default: break
    }
    switch context {
    case .comment: return 1
    case .bare: return try advanceBare(byte, rest)
    case .string(let quote, let isMultiline):
      return try advanceString(byte, rest, quote: quote, isMultiline: isMultiline)
    }
  }

  private mutating func startLine() {
    line += 1
    dots = 0
    if case .comment = context { context = .bare }
    if open.isEmpty { isInValue = false }
    if case .bare = context, open.isEmpty { isBeforeStatement = true }
  }

  private mutating func advanceBare(
    _ byte: UInt8, _ rest: ArraySlice<UInt8>
  ) throws(TOMLDocument.SyntaxError) -> Int {
    defer { followsDigit = byte.isASCIIDigit || followsDigit && byte == UInt8(ascii: "_") }
    if isBeforeStatement, !" \t\r#".utf8.contains(byte) {
      isBeforeStatement = false
      statements.append(Statement(line: line, start: rest.startIndex))
    }
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
    case UInt8(ascii: "="):
      isInValue = true
    case UInt8(ascii: ","):
      isInValue = open.last != UInt8(ascii: "{")
    case UInt8(ascii: "["):
      if isInValue { open.append(byte) } else { try checkHeader(rest) }
    case UInt8(ascii: "{"):
      open.append(byte)
      isInValue = false
    case UInt8(ascii: "]"), UInt8(ascii: "}"):
      try close(byte)
    case UInt8(ascii: "-"), UInt8(ascii: ":"):
      if isInValue, followsDigit { throw refusal("no key takes a date or a time") }
    case 0x80...:
      throw refusal("a character outside ASCII is allowed in strings and comments only")
    default: break
    }
    return 1
  }

  private mutating func close(_ byte: UInt8) throws(TOMLDocument.SyntaxError) {
    guard let opening = open.popLast() else { return }
    guard (opening == UInt8(ascii: "[")) == (byte == UInt8(ascii: "]")) else {
      throw refusal("\(Unicode.Scalar(byte)) does not close the \(Unicode.Scalar(opening)) before it")
    }
    isInValue = true
  }

  /// A key must follow `[` or `[[`.
  private func checkHeader(_ rest: ArraySlice<UInt8>) throws(TOMLDocument.SyntaxError) {
    let name = rest.dropFirst(rest.starts(with: "[[".utf8) ? 2 : 1)
    let key = name.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    guard let first = key.first, first.isASCIIAlphanumeric || "_-\"'".utf8.contains(first) else {
      throw refusal("the name of a table is expected after [")
    }
  }

  private mutating func advanceString(
    _ byte: UInt8, _ rest: ArraySlice<UInt8>, quote: UInt8, isMultiline: Bool
  ) throws(TOMLDocument.SyntaxError) -> Int {
    if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
      if rest.starts(with: #"\u0000"#.utf8) || rest.starts(with: #"\U00000000"#.utf8) {
        throw refusal("a control character is not allowed")
      }
      // An escaped quote does not end the string; an escaped backslash escapes nothing.
      let escaped = rest.dropFirst().first
      return escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") ? 2 : 1
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
