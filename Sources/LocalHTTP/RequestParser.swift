/// Finds requests in the bytes of a connection (RFC 9112), however they were cut on their way.
///
/// Pure.
///
/// Takes linear time and holds no more than the limits allow. After it threw, where the next request would start is
/// not known: the connection must be closed.
struct RequestParser: Sendable {
  private enum Phase {
    case requestLine
    case fields(RequestLine)
    case sizedBody(Head, remaining: Int)
    case chunkedBody(Head)
  }

  private struct Head {
    let line: RequestLine
    let framing: Framing
  }

  /// Above this, buffers are not kept for the next request, so that an idle connection costs little.
  private static let keptCapacity = 1024

  private let limits: Limits
  private var phase = Phase.requestLine
  /// The request line and the field lines as sent.
  ///
  /// Shared with the request made from it, and used again once that request is gone.
  private var head: [UInt8] = []
  private var lineStart = 0
  private var fieldsStart = 0
  private var fields: [FieldLine] = []
  private var body: [UInt8] = []
  private var chunks = ChunkedDecoder()
  private var skippedEmptyLine = false
  private var awaitsInterim = false

  init(limits: Limits) {
    self.limits = limits
  }

  /// Whether no byte of a request has arrived since the last one.
  var isAtStart: Bool {
    guard case .requestLine = phase else { return false }
    return head.isEmpty && !skippedEmptyLine
  }

  /// Whether the header is complete and the body is not.
  var isInBody: Bool {
    switch phase {
    case .requestLine, .fields: false
    case .sizedBody, .chunkedBody: true
    }
  }

  /// Whether the client holds the body back until it sees `100 Continue`: it said so and nothing of the body came.
  var expectsInterim: Bool { awaitsInterim && isInBody }

  /// The interim response was sent.
  mutating func sentInterim() {
    awaitsInterim = false
  }

  /// Reads `input` from `position` on up to the end of a request, which it returns, or of `input`.
  ///
  /// After a request comes `reset`, once that request is gone.
  mutating func parse(_ input: Span<UInt8>, _ position: inout Int) throws(Refusal) -> Request? {
    while true {
      switch phase {
      case .requestLine:
        guard let line = try takeRequestLine(input, &position) else { return nil }
        phase = .fields(line)
      case .fields(let line):
        guard let head = try takeFields(line, input, &position) else { return nil }
        switch head.framing.body {
        case .none: return finish(head)
        case .sized(let count): phase = .sizedBody(head, remaining: count)
        case .chunked: phase = .chunkedBody(head)
        }
        awaitsInterim = head.framing.expectsContinue
      case .sizedBody(let head, let remaining):
        guard position < input.count else { return nil }
        awaitsInterim = false
        let end = position + min(remaining, input.count - position)
        body.append(input, position..<end)
        let missing = remaining - (end - position)
        position = end
        if missing == 0 { return finish(head) }
        phase = .sizedBody(head, remaining: missing)
      case .chunkedBody(let head):
        guard position < input.count else { return nil }
        awaitsInterim = false
        guard try chunks.decode(input, &position, into: &body, limits: limits) else { return nil }
        chunks = ChunkedDecoder()
        return finish(head)
      }
    }
  }

  private mutating func takeRequestLine(
    _ input: Span<UInt8>, _ position: inout Int
  ) throws(Refusal) -> RequestLine? {
    let limit = RequestLine.longestMethod + limits.target + RequestLine.rest
    while true {
      let isComplete = takeLine(input, &position)
      guard head.count <= limit else { throw RequestLine.refusal(ofOverlong: head.span) }
      guard isComplete else { return nil }
      let line = try lineWithoutEnd()
      guard line.isEmpty else {
        fieldsStart = head.count
        return try RequestLine(head.span.extracting(line), limits: limits)
      }
      // One empty line before a request is tolerated (RFC 9112 §2.2).
      guard !skippedEmptyLine else { throw .malformed("more than one empty line before the request line") }
      skippedEmptyLine = true
      head.removeAll(keepingCapacity: true)
      lineStart = 0
    }
  }

  private mutating func takeFields(
    _ line: RequestLine, _ input: Span<UInt8>, _ position: inout Int
  ) throws(Refusal) -> Head? {
    while true {
      let isComplete = takeLine(input, &position)
      guard head.count - fieldsStart <= limits.header else { throw .headerTooLarge }
      guard isComplete else { return nil }
      let range = try lineWithoutEnd()
      guard !range.isEmpty else {
        let framing = try Framing(
          head: head.span, fields: fields, minorVersion: line.minorVersion, limits: limits)
        return Head(line: line, framing: framing)
      }
      guard fields.count < limits.fields else { throw .headerTooLarge }
      fields.append(try FieldLine(head.span, range))
    }
  }

  /// Appends `input` up to the end of a line to `head`; false when the line does not end yet.
  private mutating func takeLine(_ input: Span<UInt8>, _ position: inout Int) -> Bool {
    let lineFeed = input.firstIndex(of: .lineFeed, in: position..<input.count)
    let end = lineFeed.map { $0 + 1 } ?? input.count
    head.append(input, position..<end)
    position = end
    return lineFeed != nil
  }

  /// The line that `head` ends with, without CRLF, and moves on to the next.
  ///
  /// A line feed alone ends no line here, and a carriage return is nowhere else: a reader that takes either for a line
  /// end sees other fields than one that does not (RFC 9112 §2.2).
  private mutating func lineWithoutEnd() throws(Refusal) -> Range<Int> {
    let end = head.count - 2
    guard end >= lineStart, head[end] == .carriageReturn else { throw .malformed("a line does not end with CRLF") }
    let line = lineStart..<end
    lineStart = head.count
    return line
  }

  private mutating func finish(_ parsed: Head) -> Request {
    let request = Request(line: parsed.line, framing: parsed.framing, head: head, fields: fields, body: body)
    phase = .requestLine
    skippedEmptyLine = false
    awaitsInterim = false
    lineStart = 0
    body = []
    return request
  }

  /// Makes room for the next request.
  mutating func reset() {
    head.removeAll(keepingCapacity: head.capacity <= Self.keptCapacity)
    fields.removeAll(keepingCapacity: fields.capacity <= Self.keptCapacity / 16)
  }
}
