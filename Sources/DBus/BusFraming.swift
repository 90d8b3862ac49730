/// The fixed part of a message: how long it is.
struct BusFrame: Equatable {
  /// What is needed to know the length.
  static let prefixLength = 16
  /// The longest message that the specification allows.
  private static let longest = 1 << 27

  let isBigEndian: Bool
  /// Bytes of the whole message.
  let length: Int

  init(_ prefix: some RandomAccessCollection<UInt8>) throws(BusError) {
    let bytes = Array(prefix.prefix(Self.prefixLength))
    guard bytes.count == Self.prefixLength else { throw .malformed("its length") }
    switch bytes[0] {
    case UInt8(ascii: "l"): isBigEndian = false
    case UInt8(ascii: "B"): isBigEndian = true
    default: throw .malformed("its first byte")
    }
    guard bytes[3] == 1 else { throw .malformed("its version") }
    let isBigEndian = isBigEndian
    func length(at index: Int) -> Int {
      let digits = bytes[index..<(index + 4)]
      return (isBigEndian ? Array(digits) : digits.reversed()).reduce(0) { $0 << 8 | Int($1) }
    }
    let header = (Self.prefixLength + length(at: 12) + 7) / 8 * 8
    let total = header + length(at: 4)
    guard total <= Self.longest else { throw .malformed("its length") }
    self.length = total
  }
}

/// Cuts what arrives into messages.
///
/// Pure. A message that is longer than anything that concerns us is dropped as it comes: whoever may send to the bus may
/// send such, and it must cost no memory.
struct BusFraming {
  /// The longest message that is read.
  static let limit = 1 << 17

  private var pending: [UInt8] = []
  /// How much of a message that is too long is still to come.
  private var skipped = 0

  /// How much is kept of a message that is not whole.
  var pendingCount: Int { pending.count }

  /// Takes what arrived, and returns the messages that are whole now.
  mutating func add(_ bytes: some Collection<UInt8>) throws(BusError) -> [BusMessage] {
    let dropped = min(skipped, bytes.count)
    skipped -= dropped
    pending += bytes.dropFirst(dropped)
    var messages: [BusMessage] = []
    var start = 0
    while pending.count - start >= BusFrame.prefixLength {
      let length = try BusFrame(pending[start...]).length
      let available = pending.count - start
      guard length <= Self.limit else {
        skipped = max(0, length - available)
        start += min(length, available)
        continue
      }
      guard available >= length else { break }
      messages.append(try BusMessage(parsing: Array(pending[start..<(start + length)])))
      start += length
    }
    pending.removeFirst(start)
    return messages
  }
}
