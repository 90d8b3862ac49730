/// The positions of a field's name and value in the bytes of a header.
struct FieldLine: Sendable {
  private let nameStart: UInt32
  private let nameEnd: UInt32
  private let valueStart: UInt32
  private let valueEnd: UInt32

  var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
  /// Without white space at its ends.
  var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }

  /// Reads a field line (RFC 9112 §5) of `bytes`; `range` is without its CRLF.
  ///
  /// Refuses a space before the colon and a line that starts with white space (`obs-fold`), because readers that repair
  /// them disagree on the result (RFC 9112 §5.1, §5.2).
  init(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(Refusal) {
    let allowed = ByteSet.token
    var colon = range.lowerBound
    while colon < range.upperBound, allowed.contains(bytes[colon]) { colon += 1 }
    guard colon < range.upperBound, bytes[colon] == UInt8(ascii: ":") else {
      throw .malformed("a field name has a byte that is not allowed, or no colon after it")
    }
    guard colon > range.lowerBound else { throw .malformed("a field has no name") }
    let value = bytes.trimming((colon + 1)..<range.upperBound)
    guard bytes.isFieldValue(value) else { throw .malformed("a field value has a control character") }
    nameStart = UInt32(truncatingIfNeeded: range.lowerBound)
    nameEnd = UInt32(truncatingIfNeeded: colon)
    valueStart = UInt32(truncatingIfNeeded: value.lowerBound)
    valueEnd = UInt32(truncatingIfNeeded: value.upperBound)
  }
}
