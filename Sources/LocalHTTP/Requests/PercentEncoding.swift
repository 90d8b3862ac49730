package import System

/// Percent-encoding (RFC 3986 §2.1), decoded strictly.
extension PercentEncoding {
  /// A `%` without two hexadecimal digits after it, a NUL, or bytes that are not UTF-8.
  package struct Malformed: Error, Sendable, Equatable {}

  /// Decodes one path segment, or one name or value of a query.
  ///
  /// A `+` stays a `+`.
  package static func decode(_ text: Span<UInt8>) throws(Malformed) -> String {
    // Most segments and parameters are plain; a short one then needs no memory.
    if isPlain(text) { return text.text }
    return try decodeEscapes(text)
  }

  private static func decodeEscapes(_ text: Span<UInt8>) throws(Malformed) -> String {
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

  /// Checks segments or items together: what separates them is ASCII, and so within no character of UTF-8.
  private static func check(_ text: Span<UInt8>) throws(Malformed) {
    if !isPlain(text) { _ = try decodeEscapes(text) }
  }

  /// Returns whether the text is ASCII without `%` and NUL, and so needs no decoding.
  private static func isPlain(_ text: Span<UInt8>) -> Bool {
    unsafe text.withUnsafeBytes { bytes in
      for index in 0..<bytes.count where unsafe bytes[index] == UInt8(ascii: "%") || bytes[index] &- 1 >= 0x7F {
        return false
      }
      return true
    }
  }

  /// Decodes one path segment, or one name or value of a query.
  package static func decode(_ text: String) throws(Malformed) -> String {
    try decode(text.utf8Span.span)
  }

  /// Returns the first segments of a path, for `Request.pathSegments`, and checks the others.
  static func pathSegments(_ path: Span<UInt8>, atMost limit: Int) throws(Malformed) -> [String] {
    guard !path.isEmpty else { return [""] }
    var segments: [String] = []
    segments.reserveCapacity(4)
    var start = path[0] == UInt8(ascii: "/") ? 1 : 0
    while start <= path.count {
      guard segments.count < limit else {
        try check(path.extracting(start..<path.count))
        break
      }
      let end = path.firstIndex(of: UInt8(ascii: "/"), in: start..<path.count) ?? path.count
      segments.append(try decode(path.extracting(start..<end)))
      start = end + 1
    }
    return segments
  }

  /// Returns the first items of a query, for `Request.queryItems`, and checks the others.
  static func queryItems(
    _ query: Span<UInt8>, atMost limit: Int
  ) throws(Malformed) -> [(name: String, value: String)] {
    guard !query.isEmpty else { return [] }
    var items: [(name: String, value: String)] = []
    var start = 0
    while start <= query.count {
      guard items.count < limit else {
        try check(query.extracting(start..<query.count))
        break
      }
      let end = query.firstIndex(of: UInt8(ascii: "&"), in: start..<query.count) ?? query.count
      let nameEnd = query.firstIndex(of: UInt8(ascii: "="), in: start..<end) ?? end
      let name = try decode(query.extracting(start..<nameEnd))
      let value = try decode(query.extracting(min(nameEnd + 1, end)..<end))
      items.append((name, value))
      start = end + 1
    }
    return items
  }
}
