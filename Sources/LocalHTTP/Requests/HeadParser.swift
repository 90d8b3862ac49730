/// Reads the head of a request, line by line (RFC 9112 §2.2).
///
/// A pure value.
struct HeadParser: Sendable {
  private var requestLine: RequestLine?
  private var fields: [FieldLine] = []
  private var fieldsStart = 0
  private var lineStart = 0
  /// No line ends between `lineStart` and here.
  private var searched = 0
  private var skippedEmptyLine = false

  /// Continues to read `bytes`, which begin with the head and grow from call to call.
  ///
  /// Returns `nil` until the head is complete, and does not look at what follows it.
  mutating func parse(_ bytes: Span<UInt8>, limits: Limits) throws(Refusal) -> RequestHead? {
    while true {
      let lineFeed = bytes.firstIndex(of: .lineFeed, in: searched..<bytes.count)
      searched = lineFeed.map { $0 + 1 } ?? bytes.count
      try checkLength(bytes, limits)
      guard let lineFeed else { return nil }
      let line = try withoutEnd(lineStart..<lineFeed, bytes)
      lineStart = searched
      if requestLine == nil {
        try takeRequestLine(bytes, line, limits)
      } else if line.isEmpty, let requestLine {
        let framing = try Framing(
          head: bytes, fields: fields, minorVersion: requestLine.minorVersion, limits: limits)
        return RequestHead(line: requestLine, fields: fields, framing: framing, count: searched)
      } else {
        guard fields.count < limits.fields else { throw .headerTooLarge }
        fields.append(try FieldLine(bytes, line))
      }
    }
  }

  /// How much memory holds the positions of the fields.
  var byteCount: Int { fields.capacity * MemoryLayout<FieldLine>.stride }

  /// Gets ready for the next head; keeps the memory of a small one.
  mutating func reset() {
    fields.removeAll(keepingCapacity: fields.capacity <= Self.keptCapacity)
    requestLine = nil
    lineStart = 0
    searched = 0
    skippedEmptyLine = false
  }

  private static let keptCapacity = 64

  private func checkLength(_ bytes: Span<UInt8>, _ limits: Limits) throws(Refusal) {
    if requestLine != nil {
      guard searched - fieldsStart <= limits.header else { throw .headerTooLarge }
    } else if searched - lineStart > RequestLine.longestMethod + limits.target + RequestLine.rest {
      throw RequestLine.refusal(ofOverlong: bytes.extracting(lineStart..<searched))
    }
  }

  /// Returns the line without its carriage return.
  ///
  /// Lines end with CRLF only: a reader that also takes a single LF or CR as the end of a line sees other fields than one
  /// that does not (RFC 9112 §2.2).
  private func withoutEnd(_ line: Range<Int>, _ bytes: Span<UInt8>) throws(Refusal) -> Range<Int> {
    guard let last = line.last, bytes[last] == .carriageReturn else {
      throw .malformed("a line does not end with CRLF")
    }
    return line.lowerBound..<last
  }

  private mutating func takeRequestLine(_ bytes: Span<UInt8>, _ line: Range<Int>, _ limits: Limits) throws(Refusal) {
    guard line.isEmpty else {
      fieldsStart = lineStart
      requestLine = try RequestLine(bytes, line, limits: limits)
      return
    }
    // One empty line before a request is tolerated (RFC 9112 §2.2).
    guard !skippedEmptyLine else { throw .malformed("more than one empty line before the request line") }
    skippedEmptyLine = true
  }
}
