internal import Secrets

/// Puts a response together from the header lines and the pieces of content that libcurl hands over.
///
/// Pure.
package struct ResponseCollector: ~Copyable {
  /// Beyond these the response is refused: a server must not be able to fill our memory.
  package static let maxBodySize = 1 << 20
  package static let maxHeaderSize = 64 * 1024
  package static let maxFieldCount = 100

  private var fields: [(name: String, value: String)] = []
  private var headerSize = 0
  private var isHeaderComplete = false
  private var body = SecretBuilder(capacity: 4096)

  package init() {}

  /// Takes one line of a header, its line end included; `false` when the header is too large.
  package mutating func appendHeaderLine(_ line: Span<UInt8>) -> Bool {
    headerSize += line.count
    guard headerSize <= Self.maxHeaderSize else { return false }
    let text = String(decoding: line.indices.map { line[$0] }, as: UTF8.self)
    if text.hasPrefix("HTTP/") {
      // Another status line follows an interim response (RFC 9110 §15.2), whose fields do not count.
      fields = []
      isHeaderComplete = false
      return true
    }
    // Lines after the header are trailer fields (RFC 9112 §7.1.2), which nothing here needs.
    guard !isHeaderComplete else { return true }
    let content = Self.trimmed(text[...])
    guard !content.isEmpty else {
      isHeaderComplete = true
      return true
    }
    if let first = text.utf8.first, first == 0x20 || first == 0x09, let last = fields.indices.last {
      // A folded line (RFC 9112 §5.2) goes on with the value before it.
      fields[last].value += " " + content
      return true
    }
    guard let colon = content.firstIndex(of: ":") else { return true }
    guard fields.count < Self.maxFieldCount else { return false }
    fields.append((String(content[..<colon]), String(Self.trimmed(content[content.index(after: colon)...]))))
    return true
  }

  /// Takes a piece of the content; `false` when the content is too large.
  package mutating func appendContent(_ bytes: Span<UInt8>) -> Bool {
    guard body.count + bytes.count <= Self.maxBodySize else { return false }
    body.append(contentsOf: bytes)
    return true
  }

  package consuming func finish(status: Int) -> TransportResponse {
    TransportResponse(status: status, fields: fields, body: Secret(body))
  }

  /// Without optional white space (RFC 9110 §5.6.3) and line end.
  private static func trimmed(_ text: Substring) -> Substring {
    func isSpace(_ character: Character) -> Bool {
      character == " " || character == "\t" || character == "\r" || character == "\n" || character == "\r\n"
    }
    guard let first = text.firstIndex(where: { !isSpace($0) }), let last = text.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return text[first...last]
  }
}
