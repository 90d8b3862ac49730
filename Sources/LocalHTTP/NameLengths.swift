/// The lengths that the field names of a request have, as a set of bits.
struct NameLengths: Sendable {
  private var bits: UInt64 = 0

  init(_ fields: [FieldLine]) {
    for field in fields { bits |= Self.bit(field.name.count) }
  }

  /// Whether a name of that length may be there; lengths from 63 on are not told apart.
  func contains(_ length: Int) -> Bool {
    bits & Self.bit(length) != 0
  }

  private static func bit(_ length: Int) -> UInt64 { 1 << UInt64(min(length, 63)) }
}
