internal import JSON

extension Function {
  static let numeric: [String: Function] = [
    "abs": Function([.number]) { _, arguments in
      switch arguments.number(0) {
      case .integer(let value) where value > .min: JSONValue(.integer(abs(value)))
      case let number: JSONValue(.real(abs(number.double)))
      }
    },
    "ceil": Function([.number]) { (_, arguments) throws(JMESPathError) in
      try rounded(arguments.number(0), .up)
    },
    "floor": Function([.number]) { (_, arguments) throws(JMESPathError) in
      try rounded(arguments.number(0), .down)
    },
    "sum": Function([.numbers]) { _, arguments in
      JSONValue(sum(arguments.array(0)))
    },
    "avg": Function([.numbers]) { _, arguments in
      let numbers = arguments.array(0)
      return numbers.isEmpty ? .null : JSONValue(.real(sum(numbers).double / Double(numbers.count)))
    },
    "to_number": Function([]) { (_, arguments) throws(JMESPathError) in
      switch try arguments.value(0) {
      case .number(let text): .number(text)
      case .string(let text): number(inText: text).map { JSONValue($0) } ?? .null
      default: .null
      }
    },
  ]

  private static func rounded(
    _ number: JSONNumber, _ rule: FloatingPointRoundingRule
  ) throws(JMESPathError) -> JSONValue {
    guard case .real(let value) = number else { return JSONValue(number) }
    guard value.isFinite else {
      let name = value.isNaN ? "NaN" : "infinity"
      throw JMESPathError(.invalidValue, "cannot convert float \(name) to integer")
    }
    let whole = value.rounded(rule)
    return JSONValue(Int128(exactly: whole).map(JSONNumber.integer) ?? .real(whole))
  }

  /// Exact for integers; after the first double, the sum is a double.
  private static func sum(_ values: [JSONValue]) -> JSONNumber {
    var total = JSONNumber.integer(0)
    for case .number(let text) in values {
      let number = JSONNumber(text)
      if case .integer(let left) = total, case .integer(let right) = number,
        case (let result, false) = left.addingReportingOverflow(right)
      {
        total = .integer(result)
      } else {
        total = .real(total.double + number.double)
      }
    }
    return total
  }

  /// Parses a number as Python's `int()` and then `float()` do: white space around it, `_` between digits and the digits
  /// of any script are allowed.
  private static func number(inText text: String) -> JSONNumber? {
    let text = String(String.UnicodeScalarView(text.unicodeScalars.map(asciiDigit)))
    guard let match = text.wholeMatch(of: pythonNumber)?.output.1 else { return nil }
    let plain = match.filter { $0 != "_" }
    return Int128(plain).map(JSONNumber.integer) ?? Double(plain).map(JSONNumber.real)
  }

  /// Computed, because a regular expression is not `Sendable`.
  private static var pythonNumber: Regex<(Substring, Substring)> {
    /\s*([+-]?(?:(?:\d+(?:_\d+)*)?(?:\.(?:\d+(?:_\d+)*)?)?(?:e[+-]?\d+(?:_\d+)*)?|inf|infinity|nan))\s*/.ignoresCase()
  }

  private static func asciiDigit(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    guard scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue else { return scalar }
    return Unicode.Scalar(UInt8(ascii: "0") + UInt8(value))
  }
}
