/// A number as Python's `json` module reads and writes it, which the AWS CLI and its query language stand on.
///
/// A text without fraction and exponent is an integer, any other a double. Python's integers have no bound: here those
/// beyond 128 bits count as doubles where they are calculated with.
package enum JSONNumber: Sendable {
  case integer(Int128)
  case real(Double)

  /// Takes the text of a `JSONValue.number`, or `NaN`, `Infinity` and `-Infinity`, which Python writes for what JSON has
  /// no form for.
  package init(_ text: String) {
    self = Int128(text).map(Self.integer) ?? .real(Double(text) ?? .nan)
  }

  package var double: Double {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    }
  }

  /// The number's text, as `json.dumps` writes it.
  package var text: String {
    switch self {
    case .integer(let value): String(value)
    case .real(let value) where value.isNaN: "NaN"
    case .real(let value) where value.isInfinite: value < 0 ? "-Infinity" : "Infinity"
    case .real(let value): (value.sign == .minus ? "-" : "") + Self.decimal(value.magnitude)
    }
  }

  /// What `json.dumps` writes for a number whose JSON text is this one: the same, but for the form of doubles.
  package static func rewritten(_ text: String) -> String {
    let isInteger = text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || $0 == UInt8(ascii: "-") }
    return isInteger && text != "-0" ? text : JSONNumber(text).text
  }

  /// The fewest digits that stand for the value and no other, in Python's layout: an exponent below 0.0001 and from 1e16.
  ///
  /// Swift finds the same digits and lays them out otherwise.
  private static func decimal(_ value: Double) -> String {
    let parts = value.description.split(separator: "e")
    let mantissa = parts[0].split(separator: ".")
    let fraction = mantissa.count > 1 ? mantissa[1] : ""
    var digits = Substring(mantissa[0] + fraction)
    var point = mantissa[0].count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    while digits.count > 1, digits.first == "0" {
      digits.removeFirst()
      point -= 1
    }
    while digits.count > 1, digits.last == "0" { digits.removeLast() }
    if digits == "0" { return "0.0" }

    func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }
    switch point {
    case 1...16 where digits.count <= point: return digits + zeros(point - digits.count) + ".0"
    case 1...16: return "\(digits.prefix(point)).\(digits.dropFirst(point))"
    case -3...0: return "0." + zeros(-point) + digits
    default:
      let exponent = point - 1
      let rest = digits.dropFirst()
      return "\(digits.prefix(1))\(rest.isEmpty ? "" : ".")\(rest)e\(exponent < 0 ? "-" : "+")"
        + (abs(exponent) < 10 ? "0" : "") + String(abs(exponent))
    }
  }
}

extension JSONValue {
  package init(_ number: JSONNumber) {
    self = .number(number.text)
  }
}
