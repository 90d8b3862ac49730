/// Reads values in the order and the alignment of a message (D-Bus Specification, "Marshaling").
///
/// Pure. Each element of an array takes a byte at least, so that what a message makes of memory is bounded by its length.
struct BusReader {
  private let bytes: [UInt8]
  private let isBigEndian: Bool
  /// The next byte.
  private(set) var position: Int

  /// - Parameter bytes: The message up to the end of what is read: alignment counts from its start.
  init(_ bytes: [UInt8], at position: Int = 0, isBigEndian: Bool) {
    self.bytes = bytes
    self.position = position
    self.isBigEndian = isBigEndian
  }

  var isAtEnd: Bool { position == bytes.count }

  mutating func align(to boundary: Int) throws(BusError) {
    let next = (position + boundary - 1) / boundary * boundary
    guard next <= bytes.count else { throw .malformed("padding") }
    position = next
  }

  /// Reads the values of all types.
  mutating func values(_ types: [BusType]) throws(BusError) -> [BusValue] {
    var values: [BusValue] = []
    for type in types { values.append(try value(type)) }
    return values
  }

  mutating func value(_ type: BusType, depth: Int = 0) throws(BusError) -> BusValue {
    // A variant can hold a variant, and so on, which no signature shows.
    guard depth < BusType.deepest else { throw .malformed("the depth of its values") }
    try align(to: type.alignment)
    switch type {
    case .basic(let code): return try basic(code)
    case .variant:
      let types = try BusType.all(in: try textBytes(length: Int(try unsigned(1))))
      guard types.count == 1 else { throw .malformed("a variant") }
      return .variant(try value(types[0], depth: depth + 1))
    case .structure(let members):
      var values: [BusValue] = []
      for member in members { values.append(try value(member, depth: depth + 1)) }
      return .structure(values)
    case .array(let element):
      let length = Int(try unsigned(4))
      try align(to: element.alignment)
      guard length <= bytes.count - position else { throw .malformed("the length of an array") }
      let end = position + length
      var values: [BusValue] = []
      while position < end { values.append(try value(element, depth: depth + 1)) }
      guard position == end else { throw .malformed("the length of an array") }
      return .array(values)
    }
  }

  private mutating func basic(_ code: UInt8) throws(BusError) -> BusValue {
    switch code {
    case UInt8(ascii: "y"): return .integer(Int64(try unsigned(1)))
    case UInt8(ascii: "n"): return .integer(Int64(Int16(truncatingIfNeeded: try unsigned(2))))
    case UInt8(ascii: "q"): return .integer(Int64(try unsigned(2)))
    case UInt8(ascii: "i"): return .integer(Int64(Int32(truncatingIfNeeded: try unsigned(4))))
    case UInt8(ascii: "u"), UInt8(ascii: "h"): return .integer(Int64(try unsigned(4)))
    case UInt8(ascii: "b"):
      let value = try unsigned(4)
      guard value <= 1 else { throw .malformed("a boolean") }
      return .boolean(value == 1)
    case UInt8(ascii: "g"): return .text(try text(try textBytes(length: Int(try unsigned(1)))))
    case UInt8(ascii: "s"), UInt8(ascii: "o"): return .text(try text(try textBytes(length: Int(try unsigned(4)))))
    default: return .integer(Int64(bitPattern: try unsigned(8)))
    }
  }

  private mutating func unsigned(_ size: Int) throws(BusError) -> UInt64 {
    guard bytes.count - position >= size else { throw .malformed("its length") }
    let digits = bytes[position..<(position + size)]
    position += size
    return (isBigEndian ? Array(digits) : digits.reversed()).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Takes so many bytes, and the NUL that follows them.
  private mutating func textBytes(length: Int) throws(BusError) -> ArraySlice<UInt8> {
    guard length < bytes.count - position, bytes[position + length] == 0 else { throw .malformed("a text") }
    defer { position += length + 1 }
    return bytes[position..<(position + length)]
  }

  private func text(_ bytes: ArraySlice<UInt8>) throws(BusError) -> String {
    guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else { throw .malformed("a text") }
    return text
  }
}
