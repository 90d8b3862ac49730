internal import System

/// Undoes the chunked transfer coding (RFC 9112 §7.1), byte by byte if need be.
///
/// A pure value.
///
/// Checks, bounds and drops chunk extensions and trailer fields.
struct ChunkedDecoder: Sendable {
  /// The most bytes of chunk extensions in one body.
  ///
  /// Without a bound, extensions are a body that no limit counts.
  static let extensionLimit = 4096
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
  private var extensionCount = 0
  private var trailerCount = 0
  private var trailerFields = 0
  private var trailerLine: [UInt8] = []

  /// Decodes `input` from `position` on into `body`; true once the whole body is there.
  ///
  /// Leaves `position` after the last byte used.
  mutating func decode(
    _ input: Span<UInt8>, _ position: inout Int, into body: inout [UInt8], limits: Limits
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
      let byte = input[position]
      position += 1
      if case .trailer = state {
        if try takeTrailer(byte, limits) { return true }
      } else {
        try takeFraming(byte, bodyCount: body.count, limits)
      }
    }
    return false
  }

  private mutating func takeFraming(_ byte: UInt8, bodyCount: Int, _ limits: Limits) throws(Refusal) {
    switch state {
    case .size(let digits):
      if let value = byte.hexadecimalValue {
        guard digits < Self.longestSize else { throw .malformed("a chunk size is too long") }
        remaining = remaining << 4 + Int(value)
        guard remaining <= limits.body - bodyCount else { throw .bodyTooLarge }
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

  /// Takes a byte of the trailer section; true at its end.
  private mutating func takeTrailer(_ byte: UInt8, _ limits: Limits) throws(Refusal) -> Bool {
    trailerCount += 1
    guard trailerCount <= limits.header else { throw .headerTooLarge }
    guard byte == .lineFeed else {
      trailerLine.append(byte)
      return false
    }
    guard trailerLine.popLast() == .carriageReturn else { throw .malformed("a line does not end with CRLF") }
    guard !trailerLine.isEmpty else { return true }
    trailerFields += 1
    guard trailerFields <= limits.fields else { throw .headerTooLarge }
    _ = try FieldLine(trailerLine.span, trailerLine.indices)
    trailerLine.removeAll(keepingCapacity: true)
    return false
  }
}

extension [UInt8] {
  mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}
