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

/// Names of fields to look for in a request all at once.
package struct FieldNames: ExpressibleByArrayLiteral, Sendable {
  let names: [FieldName]
  let lengths: NameLengths

  /// Keeps the names with their lengths.
  package init(arrayLiteral names: FieldName...) {
    self.names = names
    var lengths = NameLengths()
    for name in names { lengths.insert(name.lowercase.utf8CodeUnitCount) }
    self.lengths = lengths
  }
}

/// The lengths that the field names of a request have, as a set of bits.
struct NameLengths: Sendable {
  private var bits: UInt64 = 0

  mutating func insert(_ length: Int) {
    bits |= 1 << UInt64(min(length, 63))
  }

  /// Returns whether a name may be in both.
  func intersects(_ other: NameLengths) -> Bool { bits & other.bits != 0 }

  /// Returns whether a name of that length may be there.
  ///
  /// Lengths from 63 on share one bit.
  func contains(_ length: Int) -> Bool {
    bits & 1 << UInt64(min(length, 63)) != 0
  }
}
