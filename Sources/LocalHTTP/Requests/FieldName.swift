/// The name of a field to look for in requests (RFC 9110 §5.1).
///
/// Free to make and to copy, unlike an `HTTPField.Name`: each request is asked for a dozen of them.
package struct FieldName: ExpressibleByStringLiteral, Sendable {
  let lowercase: StaticString

  /// `value` is in lower case.
  package init(stringLiteral value: StaticString) {
    assert("\(value)" == "\(value)".lowercased())
    lowercase = value
  }
}

/// The lengths that the field names of a request have, as a set of bits.
struct NameLengths: Sendable {
  private var bits: UInt64 = 0

  mutating func insert(_ length: Int) {
    bits |= 1 << UInt64(min(length, 63))
  }

  /// Returns whether a name of that length may be there.
  ///
  /// Lengths from 63 on share one bit.
  func contains(_ length: Int) -> Bool {
    bits & 1 << UInt64(min(length, 63)) != 0
  }
}
