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
  let filter: NameFilter

  /// Keeps the names with their filter.
  package init(arrayLiteral names: FieldName...) {
    self.names = names
    var filter = NameFilter()
    for name in names { filter.insert(NameFilter.bit(of: name)) }
    self.filter = filter
  }
}

/// A Bloom filter of field names by their length and first letter, whatever its case.
///
/// It says of nearly all names that a request does not have that it does not have them.
struct NameFilter: Sendable {
  private var bits: UInt64 = 0

  /// The bit of a name, which is not empty.
  static func bit(of name: Span<UInt8>) -> UInt64 { bit(length: name.count, first: name[0]) }

  /// The bit of a name.
  static func bit(of name: FieldName) -> UInt64 {
    unsafe bit(length: name.lowercase.utf8CodeUnitCount, first: name.lowercase.utf8Start[0])
  }

  /// With 29, none of what clients usually send has the bit of what a proxy adds.
  private static func bit(length: Int, first: UInt8) -> UInt64 {
    1 &<< (UInt64(truncatingIfNeeded: length) &+ 29 &* UInt64(first & 0x1F))
  }

  mutating func insert(_ bit: UInt64) { bits |= bit }

  /// Returns whether a name of that bit may be there.
  func mayContain(_ bit: UInt64) -> Bool { bits & bit != 0 }

  /// Returns whether a name may be in both.
  func mayIntersect(_ other: NameFilter) -> Bool { bits & other.bits != 0 }
}
