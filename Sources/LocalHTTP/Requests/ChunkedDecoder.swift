internal import System

/// Undoes the chunked transfer coding (RFC 9112 §7.1), byte by byte if need be.
///
/// A pure value.
///
/// Checks, bounds and drops chunk extensions and trailer fields. It looks at each byte of the framing, for whoever sends
/// it, while data is copied or dropped at once: hence the framing of one body is bounded too.
struct ChunkedDecoder: Sendable {
  /// The most bytes of chunk extensions in one body.
  ///
  /// Without a bound, extensions are a body that no limit counts.
  static let extensionLimit = 4096
  /// The most bytes of sizes, extensions and line ends in one body: 1,638 chunks of the shortest form.
  static let framingLimit = 8 * 1024
  /// Digits of a chunk size, leading zeros included.
  private static let longestSize = 16

  private enum State {
    case size(digits: Int)
    case extensions(ChunkExtensions)
    case sizeEnd
    case data
    case dataCarriageReturn
    case dataLineFeed
    case trailer
  }

  private var state = State.size(digits: 0)
  private var remaining = 0
  private var framingCount = 0
  private var extensionCount = 0
  private var trailerCount = 0
  private var trailerFields = 0
  private var trailerLine: ReceivedBytes?

  /// How much memory a trailer line takes.
  var byteCount: Int { trailerLine?.capacity ?? 0 }

  /// Decodes `input` from `position` on into `body`; true once the whole body is there.
  ///
  /// Leaves `position` after the last byte used.
  mutating func decode(
    _ input: Span<UInt8>, _ position: inout Int, into body: inout BodyCollector, limits: Limits
  ) throws(Refusal) -> Bool {
    while position < input.count {
      if case .data = state {
        let end = position + min(remaining, input.count - position)
        body.append(input, position..<end)
        remaining -= end - position
        position = end
        if remaining == 0 { state = .dataCarriageReturn }
        continue
      }
      if case .trailer = state {
        if try takeTrailer(input, &position, limits) { return true }
        continue
      }
      let byte = input[position]
      position += 1
      try takeFraming(byte, room: body.limit(limits) - body.count)
    }
    return false
  }

  /// - Parameter room: How many bytes the body may still have.
  private mutating func takeFraming(_ byte: UInt8, room: Int) throws(Refusal) {
    framingCount += 1
    guard framingCount <= Self.framingLimit else { throw .malformed("the body is in too many chunks") }
    switch state {
    case .size(let digits):
      if let value = byte.hexadecimalValue {
        guard digits < Self.longestSize else { throw .malformed("a chunk size is too long") }
        remaining = remaining << 4 + Int(value)
        guard remaining <= room else { throw .bodyTooLarge }
        state = .size(digits: digits + 1)
      } else {
        guard digits > 0 else { throw .malformed("a chunk has no size") }
        if byte == .carriageReturn {
          state = .sizeEnd
        } else if let extensions = ChunkExtensions(after: byte) {
          extensionCount += 1
          state = .extensions(extensions)
        } else {
          throw .malformed("a chunk size is not a hexadecimal number")
        }
      }
    case .extensions(var extensions):
      extensionCount += 1
      guard extensionCount <= Self.extensionLimit else { throw .malformed("the chunk extensions are too long") }
      state = try extensions.take(byte) ? .sizeEnd : .extensions(extensions)
    case .sizeEnd:
      guard byte == .lineFeed else { throw .malformed("a chunk size does not end with CRLF") }
      state = remaining == 0 ? .trailer : .data
    case .dataCarriageReturn:
      guard byte == .carriageReturn else { throw .malformed("a chunk does not end where its size says") }
      state = .dataLineFeed
    case .dataLineFeed:
      guard byte == .lineFeed else { throw .malformed("a chunk does not end where its size says") }
      state = .size(digits: 0)
    case .data, .trailer: break
    }
  }

  /// Takes up to a line of the trailer section; true at its end.
  private mutating func takeTrailer(
    _ input: Span<UInt8>, _ position: inout Int, _ limits: Limits
  ) throws(Refusal) -> Bool {
    let lineFeed = input.firstIndex(of: .lineFeed, in: position..<input.count)
    let end = lineFeed ?? input.count
    trailerCount += end - position + (lineFeed == nil ? 0 : 1)
    guard trailerCount <= limits.header else { throw .headerTooLarge }
    let line = trailerLine ?? ReceivedBytes()
    trailerLine = line
    line.append(input, position..<end)
    position = end
    guard lineFeed != nil else { return false }
    position += 1
    guard line.bytes.last == .carriageReturn else { throw .malformed("a line does not end with CRLF") }
    line.truncate(to: line.count - 1)
    guard !line.isEmpty else { return true }
    trailerFields += 1
    guard trailerFields <= limits.fields else { throw .headerTooLarge }
    _ = try FieldLine(line.bytes.span, line.bytes.indices)
    line.removeAll(keepingCapacity: .max)
    return false
  }
}

extension [UInt8] {
  mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}
