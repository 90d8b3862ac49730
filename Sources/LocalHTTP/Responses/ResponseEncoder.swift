internal import HTTPTypes
internal import Secrets
internal import Timestamps

/// How to frame one response, as its request and the state of its connection require.
struct ResponseFraming: Sendable, Equatable {
  enum Persistence: Sendable, Equatable {
    /// HTTP/1.1 stays open unless told otherwise.
    case implied
    /// HTTP/1.0 closes unless told otherwise (RFC 9112 §9.3).
    case keepAlive
    case close
  }

  /// A `HEAD` gets the fields of the `GET`, `Content-Length` included, and no content.
  var omitsContent = false
  var acceptsGzip = false
  var persistence = Persistence.close
}

/// Writes the heads of responses, all into the same buffer.
struct ResponseEncoder {
  /// The head last encoded.
  private(set) var head: [UInt8] = []
  /// The lines that every response has, and the same after the status line of a 200; both are made once a second.
  private var commonLines: [UInt8] = []
  private var okHead: [UInt8] = []
  private var commonLinesSecond = -1

  static let interim = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

  init() {
    head.reserveCapacity(1024)
  }

  /// Encodes the head of `response` into `head` and returns the content to send after it.
  ///
  /// `second` is the time since the epoch.
  mutating func encode(_ response: Response, _ framing: ResponseFraming, second: Int) -> Secret? {
    head.removeAll(keepingCapacity: true)
    let second = response.date ?? second
    if second != commonLinesSecond { makeCommonLines(second) }
    if response.status.code == 200 {
      head.append(contentsOf: okHead)
    } else {
      appendStatusLine(response.status)
      head.append(contentsOf: commonLines)
    }
    let content = appendContentLines(response, framing)
    switch response.fieldSource {
    case .listed(let fields): head.append(fields)
    case .encoded(let encoded): head.append(contentsOf: encoded.lines)
    }
    switch framing.persistence {
    case .implied: break
    case .keepAlive: head.append(contentsOf: Self.keepAliveLine)
    case .close: head.append(contentsOf: Self.closeLine)
    }
    head.endLine()
    return content
  }

  private static let emptyContentLine = Array("Content-Length: 0\r\n".utf8)
  private static let keepAliveLine = Array("Connection: keep-alive\r\n".utf8)
  private static let closeLine = Array("Connection: close\r\n".utf8)

  private mutating func appendStatusLine(_ status: HTTPResponse.Status) {
    head.append(contentsOf: "HTTP/1.1 \(status.code) ".utf8)
    head.appendFieldValue(status.reasonPhrase.utf8Span.span)
    head.endLine()
  }

  private mutating func makeCommonLines(_ second: Int) {
    commonLinesSecond = second
    commonLines = Array(
      """
      Date: \(Timestamp.httpDateText(seconds: Int64(second)))\r
      Cache-Control: no-store\r
      X-Content-Type-Options: nosniff\r\n
      """.utf8)
    okHead = Array("HTTP/1.1 200 OK\r\n".utf8) + commonLines
  }

  private mutating func appendContentLines(_ response: Response, _ framing: ResponseFraming) -> Secret? {
    // RFC 9110 §8.6: no Content-Length with 1xx or 204.
    guard response.status.code != 204, response.status.kind != .informational else { return nil }
    guard let content = response.content else {
      head.append(contentsOf: Self.emptyContentLine)
      return nil
    }
    // RFC 9110 §15.4.5: a 304 has the fields of the 200, and no content.
    let omitsContent = framing.omitsContent || response.status.code == 304
    if framing.acceptsGzip, let compressed = content.compressed {
      head.append(contentsOf: content.compressedLines)
      return omitsContent ? nil : compressed
    }
    head.append(contentsOf: content.lines)
    return omitsContent ? nil : content.bytes
  }
}

extension [UInt8] {
  /// Appends a line for each field.
  mutating func append(_ fields: HTTPFields) {
    for field in fields {
      append(contentsOf: field.name.rawName.utf8)
      append(UInt8(ascii: ":"))
      append(.space)
      unsafe field.withUnsafeBytesOfValue { unsafe appendFieldValue($0.span) }
      endLine()
    }
  }

  fileprivate mutating func endLine() {
    append(.carriageReturn)
    append(.lineFeed)
  }

  /// Appends a field value, with a space for each byte that would end the field or the header.
  mutating func appendFieldValue(_ value: Span<UInt8>) {
    let start = count
    append(value, value.indices)
    for index in start..<count where !self[index].isFieldValueCharacter { self[index] = .space }
  }
}
