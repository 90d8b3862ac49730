/// The name of a field that is looked for in requests (RFC 9110 §5.1).
///
/// Costs nothing to make or to copy, unlike an `HTTPField.Name`, since each request is asked for a dozen of them.
package struct FieldName: ExpressibleByStringLiteral, Sendable {
  let lowercase: StaticString

  /// `value` is in lower case.
  package init(stringLiteral value: StaticString) {
    assert("\(value)" == "\(value)".lowercased())
    lowercase = value
  }

  var count: Int { lowercase.utf8CodeUnitCount }
}
