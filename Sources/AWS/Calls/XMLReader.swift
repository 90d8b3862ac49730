internal import System

/// Takes an XML text apart into tags (https://www.w3.org/TR/xml/, sections 2 and 3), for `SecretXML`.
struct XMLReader {
  struct Tag {
    enum Kind { case start, end, empty }

    let kind: Kind
    let name: String
    /// From `<` to behind `>`.
    let range: Range<Int>
  }

  private var position = 0

  /// The next tag, or `nil` at the end of the text.
  ///
  /// Outside of the root only white space and an XML declaration may stand.
  mutating func nextTag(_ text: Span<UInt8>, isOutside: Bool) throws(SecretXML.Malformed) -> Tag? {
    while position < text.count, text[position] != UInt8(ascii: "<") {
      guard !isOutside || Self.isSpace(text[position]) else { throw SecretXML.Malformed() }
      position += 1
    }
    guard position < text.count else { return nil }
    let start = position
    position += 1
    if peek(text) == UInt8(ascii: "?") {
      guard start == 0 else { throw SecretXML.Malformed() }
      try skipDeclaration(text)
      return try nextTag(text, isOutside: isOutside)
    }
    let isEnd = peek(text) == UInt8(ascii: "/")
    if isEnd { position += 1 }
    let name = try name(text)
    // Attributes hold namespaces only, and are passed over.
    var isQuotedBy: UInt8?
    while let byte = peek(text), isQuotedBy != nil || byte != UInt8(ascii: ">") {
      guard byte != UInt8(ascii: "<"), !isEnd || Self.isSpace(byte) else { throw SecretXML.Malformed() }
      if byte == isQuotedBy {
        isQuotedBy = nil
      } else if isQuotedBy == nil, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        isQuotedBy = byte
      }
      position += 1
    }
    guard peek(text) != nil else { throw SecretXML.Malformed() }
    position += 1
    let isEmpty = !isEnd && text[position - 2] == UInt8(ascii: "/")
    return Tag(kind: isEnd ? .end : isEmpty ? .empty : .start, name: name, range: start..<position)
  }

  /// Gives the bytes of a leaf's text, references replaced.
  func decode(
    _ text: Span<UInt8>, _ range: Range<Int>, _ append: (UInt8) -> Void
  ) throws(SecretXML.Malformed) {
    var position = range.lowerBound
    while position < range.upperBound {
      guard text[position] == UInt8(ascii: "&") else {
        append(text[position])
        position += 1
        continue
      }
      var end = position + 1
      // The longest is a character reference, such as `&#x10FFFF;`.
      while end < range.upperBound, end - position < 10, text[end] != UInt8(ascii: ";") { end += 1 }
      guard end < range.upperBound, text[end] == UInt8(ascii: ";") else { throw SecretXML.Malformed() }
      let name = String(decoding: (position + 1..<end).map { text[$0] }, as: UTF8.self)
      for byte in String(try Self.character(name)).utf8 { append(byte) }
      position = end + 1
    }
  }

  private static func character(_ reference: String) throws(SecretXML.Malformed) -> Character {
    switch reference {
    case "lt": return "<"
    case "gt": return ">"
    case "amp": return "&"
    case "apos": return "'"
    case "quot": return "\""
    default:
      let isHexadecimal = reference.hasPrefix("#x")
      guard reference.hasPrefix("#"),
        let number = UInt32(reference.dropFirst(isHexadecimal ? 2 : 1), radix: isHexadecimal ? 16 : 10), number > 0,
        let scalar = Unicode.Scalar(number)
      else { throw SecretXML.Malformed() }
      return Character(scalar)
    }
  }

  private mutating func name(_ text: Span<UInt8>) throws(SecretXML.Malformed) -> String {
    let start = position
    while let byte = peek(text), !Self.isSpace(byte), byte != UInt8(ascii: ">"), byte != UInt8(ascii: "/") {
      let isLetter = byte.isASCIILetter
      let isOther = byte.isASCIIDigit || "-_.:".utf8.contains(byte)
      // `!` begins a document type, a comment or a CDATA section.
      guard isLetter || isOther && position > start else { throw SecretXML.Malformed() }
      position += 1
    }
    guard position > start else { throw SecretXML.Malformed() }
    return String(decoding: (start..<position).map { text[$0] }, as: UTF8.self)
  }

  private mutating func skipDeclaration(_ text: Span<UInt8>) throws(SecretXML.Malformed) {
    while position + 1 < text.count {
      if text[position] == UInt8(ascii: "?"), text[position + 1] == UInt8(ascii: ">") {
        position += 2
        return
      }
      position += 1
    }
    throw SecretXML.Malformed()
  }

  private func peek(_ text: Span<UInt8>) -> UInt8? { position < text.count ? text[position] : nil }

  private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
}
