/// The lengths that the field names of a request have, as a set of bits.
struct NameLengths: Sendable {
  private var bits: UInt64 = 0

  mutating func insert(_ length: Int) {
    bits |= Self.bit(length)
  }

  /// Returns whether a name of that length may be there.
  ///
  /// Lengths from 63 on share one bit.
  func contains(_ length: Int) -> Bool {
    bits & Self.bit(length) != 0
  }

  private static func bit(_ length: Int) -> UInt64 { 1 << UInt64(min(length, 63)) }
}
