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

  var count: Int { lowercase.utf8CodeUnitCount }
}
