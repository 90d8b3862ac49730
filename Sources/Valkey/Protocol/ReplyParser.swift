internal import Secrets

/// Takes replies out of the bytes that a server sends, in whatever pieces they come.
///
/// Pure. It believes no length before the bytes are there, so that a server that is not one, or not ours any more, fills no
/// memory. After an error the connection is of no use: nobody knows where the next reply begins.
package struct ReplyParser: ~Copyable {
  /// What is accepted; more than any reply has that this program asks for.
  package struct Bounds: Sendable {
    /// Bytes of a line without its end: a simple string, an error or a number.
    package var line = 1024
    /// Bytes of all bulk strings of a reply together.
    package var bulk = 1 << 20
    /// Elements of all arrays of a reply together.
    package var elements = 1024
    /// Arrays within each other.
    package var depth = 4

    package init() {}
  }

  /// What was received is no reply, or more than the bounds allow.
  package struct Malformed: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
  }

  private enum Position: Sendable {
    /// Before the byte that says what comes.
    case start
    /// In the line after that byte.
    case line(type: UInt8)
    /// In a bulk string, of which so many bytes are missing.
    case bulk(missing: Int)
    /// In the line end of a bulk string, of which so many bytes were read.
    case bulkEnd(read: Int)
  }

  /// An array of which elements are missing.
  private struct OpenArray: Sendable {
    var missing: Int
    var elements: [Reply] = []
  }

  private let bounds: Bounds
  private var position = Position.start
  private var line: [UInt8] = []
  private var bulk = SecretBuilder(capacity: 0)
  private var open: [OpenArray] = []
  private var bulkBytes = 0
  private var elementCount = 0

  package init(bounds: Bounds = Bounds()) {
    self.bounds = bounds
  }

  /// Whether the bytes so far end with the end of a reply.
  package var isAtStart: Bool {
    if case .start = position { open.isEmpty } else { false }
  }

  /// Takes bytes from `offset` on, and returns a reply once it is whole; `nil` when all bytes are taken before.
  package mutating func parse(_ bytes: Span<UInt8>, _ offset: inout Int) throws(Malformed) -> Reply? {
    while offset < bytes.count {
      switch position {
      case .start:
        position = .line(type: bytes[offset])
        guard "+-:$*".utf8.contains(bytes[offset]) else { throw Malformed(description: "a reply of no known type") }
        offset += 1
      case .line(let type):
        guard let line = try takeLine(bytes, &offset) else { return nil }
        if let value = try value(type, line), let reply = finish(value) { return reply }
      case .bulk(let missing):
        let count = min(missing, bytes.count - offset)
        bulk.append(contentsOf: bytes.extracting(offset..<offset + count))
        offset += count
        position = count == missing ? .bulkEnd(read: 0) : .bulk(missing: missing - count)
      case .bulkEnd(let read):
        guard bytes[offset] == (read == 0 ? UInt8(ascii: "\r") : UInt8(ascii: "\n")) else {
          throw Malformed(description: "a bulk string without its line end")
        }
        offset += 1
        position = .bulkEnd(read: 1)
        if read == 1, let reply = finish(takeBulk()) { return reply }
      }
    }
    return nil
  }

  /// Takes bytes up to CR LF, and returns the line without it once it is whole.
  private mutating func takeLine(_ bytes: Span<UInt8>, _ offset: inout Int) throws(Malformed) -> [UInt8]? {
    while offset < bytes.count {
      let byte = bytes[offset]
      offset += 1
      if line.last == UInt8(ascii: "\r") {
        guard byte == UInt8(ascii: "\n") else { throw Malformed(description: "a carriage return within a line") }
        line.removeLast()
        defer { line.removeAll(keepingCapacity: true) }
        return line
      }
      guard byte != UInt8(ascii: "\n") else { throw Malformed(description: "a line feed without carriage return") }
      guard line.count < bounds.line || byte == UInt8(ascii: "\r") else {
        throw Malformed(description: "a line of more than \(bounds.line) bytes")
      }
      line.append(byte)
    }
    return nil
  }

  /// The value that a line is; `nil` where it only begins one.
  private mutating func value(_ type: UInt8, _ line: [UInt8]) throws(Malformed) -> Reply? {
    switch type {
    case UInt8(ascii: "+"): return .status(String(decoding: line, as: UTF8.self))
    case UInt8(ascii: "-"): return .error(String(decoding: line, as: UTF8.self))
    case UInt8(ascii: ":"): return .integer(try Self.number(line))
    case UInt8(ascii: "$"):
      let count = try Self.number(line)
      if count == -1 { return .null }
      guard 0...Int64(bounds.bulk - bulkBytes) ~= count else {
        throw Malformed(description: "a bulk string of \(count) bytes")
      }
      bulkBytes += Int(count)
      position = count == 0 ? .bulkEnd(read: 0) : .bulk(missing: Int(count))
      return nil
    default:
      let count = try Self.number(line)
      if count == -1 { return .null }
      guard 0...Int64(bounds.elements - elementCount) ~= count else {
        throw Malformed(description: "an array of \(count) elements")
      }
      guard open.count < bounds.depth else {
        throw Malformed(description: "more than \(bounds.depth) arrays within each other")
      }
      elementCount += Int(count)
      guard count > 0 else { return .array([]) }
      open.append(OpenArray(missing: Int(count)))
      position = .start
      return nil
    }
  }

  private mutating func takeBulk() -> Reply {
    var taken = SecretBuilder(capacity: 0)
    swap(&taken, &bulk)
    return .bulk(Secret(taken))
  }

  /// Puts a value where it belongs, and returns the reply that it completes.
  private mutating func finish(_ value: Reply) -> Reply? {
    position = .start
    var value = value
    while let last = open.indices.last {
      open[last].elements.append(value)
      open[last].missing -= 1
      if open[last].missing > 0 { return nil }
      value = .array(open.removeLast().elements)
    }
    bulkBytes = 0
    elementCount = 0
    return value
  }

  /// A decimal number with an optional sign, and nothing else.
  private static func number(_ line: [UInt8]) throws(Malformed) -> Int64 {
    let digits =
      line.first.map { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") } == true ? line.dropFirst() : line[...]
    guard !digits.isEmpty, digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
      let number = Int64(String(decoding: line, as: UTF8.self))
    else { throw Malformed(description: "a number that is none") }
    return number
  }
}
