package import Secrets
internal import System

/// A whole HTTP/1.1 response (RFC 9112) of our own server.
package struct LocalResponse: Sendable {
  /// Bytes that are not a response of our server.
  package struct ParseError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, for people.
    package let description: String
  }

  /// The status code, 200 to 599.
  package let status: Int
  /// In order of arrival, names as received.
  package let fields: [(name: String, value: String)]
  /// The content.
  package let body: Secret

  /// Returns the value of the first field of that name, in any letter case.
  package subscript(_ name: String) -> String? {
    let wanted = name.lowercased()
    return fields.first { $0.name.lowercased() == wanted }?.value
  }

  /// Parses all bytes up to the end of the connection.
  ///
  /// Throws if they are not exactly one final response whose `Content-Length` is the length of its body. Other framing is
  /// refused, because our server does not use it.
  ///
  /// - Parameters:
  ///   - bytes: All that was received.
  ///   - hasContent: Whether the content follows the header; `false` after `HEAD`.
  package init(parsing bytes: Secret, hasContent: Bool = true) throws(ParseError) {
    let (lines, start) = try bytes.withBytes { (bytes) throws(ParseError) in try Self.head(of: bytes) }
    guard let statusLine = lines.first else { throw ParseError(description: "the response is empty") }
    status = try Self.status(in: statusLine)
    fields = try lines.dropFirst().map { (line) throws(ParseError) in try Self.field(in: line) }
    let lengths = fields.filter { $0.name.lowercased() == "content-length" }.map(\.value)
    let isFramedOtherwise = fields.contains { $0.name.lowercased() == "transfer-encoding" }
    guard !isFramedOtherwise, lengths.count == 1, let text = lengths.first, text.utf8.allSatisfy(\.isASCIIDigit),
      let length = Int(text)
    else { throw ParseError(description: "the response has no single Content-Length") }
    // RFC 9110 §8.6: the length of a 304 is that of the 200.
    let expected = hasContent && status != 304 ? length : 0
    guard expected == bytes.count - start else {
      throw ParseError(description: "the response has \(bytes.count - start) bytes of content instead of \(expected)")
    }
    body = Secret(capacity: expected) { body in
      bytes.withBytes { body.append(contentsOf: $0.extracting(start..<$0.count)) }
    }
  }

  /// Returns the lines before the empty one, without their ends, and where the content begins.
  private static func head(of bytes: Span<UInt8>) throws(ParseError) -> (lines: [String], contentStart: Int) {
    let largestHead = 32 << 10
    var lines: [String] = []
    var line: [UInt8] = []
    var position = 0
    while position < min(bytes.count, largestHead) {
      let byte = bytes[position]
      position += 1
      guard byte == .lineFeed else {
        line.append(byte)
        continue
      }
      guard line.last == .carriageReturn else { throw ParseError(description: "a line ends without CR") }
      line.removeLast()
      if line.isEmpty { return (lines, position) }
      guard line.allSatisfy(\.isFieldValueCharacter) else {
        throw ParseError(description: "a line holds control characters")
      }
      lines.append(String(decoding: line, as: UTF8.self))
      line = []
    }
    throw ParseError(description: "the response ends within its header, or has too much of it")
  }

  /// RFC 9112 §4: `HTTP/1.1 200 OK`, whose reason may be empty.
  private static func status(in line: String) throws(ParseError) -> Int {
    let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "HTTP/1.1", parts[1].utf8.count == 3, parts[1].utf8.allSatisfy(\.isASCIIDigit),
      let status = Int(parts[1]), 200...599 ~= status
    else { throw ParseError(description: "the server does not speak HTTP/1.1") }
    return status
  }

  private static func field(in line: String) throws(ParseError) -> (name: String, value: String) {
    guard let colon = line.firstIndex(of: ":"), colon > line.startIndex,
      line[..<colon].utf8.allSatisfy(ByteSet.token.contains)
    else { throw ParseError(description: "a header line has no name") }
    let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
    let end = value.lastIndex { $0 != " " && $0 != "\t" }.map { value.index(after: $0) } ?? value.startIndex
    return (String(line[..<colon]), String(value[..<end]))
  }
}
