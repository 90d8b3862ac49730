/// A whole number as Python's `int(text)` reads it.
package enum PythonInteger {
  /// Returns `nil` where Python raises `ValueError`; of a number beyond `Int`, the nearest one.
  ///
  /// White space around it, a sign, digits of any script and single underscores between them are taken.
  package static func parse(_ text: String) -> Int? {
    var scalars = text.unicodeScalars[...]
    while let first = scalars.first, isSpace(first) { scalars.removeFirst() }
    while let last = scalars.last, isSpace(last) { scalars.removeLast() }
    let isNegative = scalars.first == "-"
    if isNegative || scalars.first == "+" { scalars.removeFirst() }
    var value = 0
    var wasDigit = false
    for scalar in scalars {
      if scalar == "_", wasDigit {
        wasDigit = false
        continue
      }
      guard scalar.properties.numericType == .decimal, let digit = scalar.properties.numericValue else { return nil }
      wasDigit = true
      let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflows) = tens.addingReportingOverflow(Int(digit))
      value = isTooLarge || overflows ? .max : sum
    }
    guard wasDigit else { return nil }
    return isNegative ? -value : value
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || "\u{1C}"..."\u{1F}" ~= scalar
  }
}
