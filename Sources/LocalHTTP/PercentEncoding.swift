/// Percent-encoding (RFC 3986 §2.1), decoded strictly.
package enum PercentEncoding {
  /// A `%` without two hexadecimal digits after it, a NUL, or bytes that are not UTF-8.
  package struct Malformed: Error, Sendable, Equatable {}

  /// Decodes one path segment, or one name or value of a query.
  ///
  /// A `+` stays a `+`.
  package static func decode(_ text: Span<UInt8>) throws(Malformed) -> String {
    // What most segments and parameters are: a short one takes no memory then.
    if isPlain(text) { return text.text }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      var byte = text[index]
      index += 1
      if byte == UInt8(ascii: "%") {
        guard index + 1 < text.count, let high = text[index].hexadecimalValue,
          let low = text[index + 1].hexadecimalValue
        else { throw Malformed() }
        byte = high << 4 | low
        index += 2
      }
      guard byte != 0 else { throw Malformed() }
      bytes.append(byte)
    }
    guard let string = String(validating: bytes, as: UTF8.self) else { throw Malformed() }
    return string
  }

  /// Whether the text is ASCII without `%` and NUL, which stands for itself.
  private static func isPlain(_ text: Span<UInt8>) -> Bool {
    for index in text.indices where text[index] == UInt8(ascii: "%") || !(1...0x7F ~= text[index]) { return false }
    return true
  }

  package static func decode(_ text: String) throws(Malformed) -> String {
    try decode(text.utf8Span.span)
  }
}

extension Request {
  /// The path's segments, decoded each on its own, so that an encoded `/` stays inside its segment.
  ///
  /// `/` is one empty segment, `/a/` is `a` and an empty one. Dot segments are not removed.
  package func pathSegments() throws(PercentEncoding.Malformed) -> [String] {
    try withPath { (path) throws(PercentEncoding.Malformed) in
      var segments: [String] = []
      segments.reserveCapacity(4)
      var start = path[0] == UInt8(ascii: "/") ? 1 : 0
      while start <= path.count {
        let end = path.firstIndex(of: UInt8(ascii: "/"), in: start..<path.count) ?? path.count
        segments.append(try PercentEncoding.decode(path.extracting(start..<end)))
        start = end + 1
      }
      return segments
    }
  }

  /// The query's names and values, decoded, in their order, repeated ones included.
  ///
  /// One without `=` has the value "".
  package func queryItems() throws(PercentEncoding.Malformed) -> [(name: String, value: String)] {
    guard let query, !query.isEmpty else { return [] }
    let bytes = query.utf8Span.span
    var items: [(name: String, value: String)] = []
    var start = 0
    while start <= bytes.count {
      let end = bytes.firstIndex(of: UInt8(ascii: "&"), in: start..<bytes.count) ?? bytes.count
      let nameEnd = bytes.firstIndex(of: UInt8(ascii: "="), in: start..<end) ?? end
      let name = try PercentEncoding.decode(bytes.extracting(start..<nameEnd))
      let value = try PercentEncoding.decode(bytes.extracting(min(nameEnd + 1, end)..<end))
      items.append((name, value))
      start = end + 1
    }
    return items
  }
}
