internal import JSON

extension JSONValue {
  /// `==` of the language: a number never equals a boolean. (Inside arrays and objects 1 equals `true`, as in Python.)
  func equals(_ other: JSONValue) -> Bool {
    switch (self, other) {
    case (.number, .boolean), (.boolean, .number): false
    default: isEqualInPython(to: other)
    }
  }

  /// Python's `==`, in which 1, 1.0 and `True` are equal, and the order of an object's members does not count.
  func isEqualInPython(to other: JSONValue) -> Bool {
    switch (self, other) {
    case (.null, .null): return true
    case (.string(let text), .string(let other)): return text.utf8.elementsEqual(other.utf8)
    case (.array(let elements), .array(let others)):
      return elements.count == others.count && zip(elements, others).allSatisfy { $0.isEqualInPython(to: $1) }
    case (.object(let object), .object(let other)):
      return object.members.count == other.members.count
        && object.members.allSatisfy { member in
          other[member.name].map { member.value.isEqualInPython(to: $0) } ?? false
        }
    default:
      guard let number = numeric, let other = other.numeric else { return false }
      return number.compare(other, by: ==, ==)
    }
  }

  /// Whether `<`, `<=`, `>` and `>=` are defined for the value.
  var isOrdered: Bool {
    switch self {
    case .number, .string: true
    default: false
    }
  }

  /// Throws for a number beside a string, as Python does.
  func isOrdered(_ comparator: Comparator, _ other: JSONValue) throws(JMESPathError) -> Bool {
    switch (self, other) {
    case (.number(let text), .number(let other)):
      let (number, other) = (JSONNumber(text), JSONNumber(other))
      switch comparator {
      case .less: return number.compare(other, by: <, <)
      case .lessOrEqual: return number.compare(other, by: <=, <=)
      case .greater: return number.compare(other, by: >, >)
      default: return number.compare(other, by: >=, >=)
      }
    case (.string(let text), .string(let other)):
      // By code points, as in Python; UTF-8 bytes sort the same way.
      switch comparator {
      case .less: return text.utf8.lexicographicallyPrecedes(other.utf8)
      case .lessOrEqual: return !other.utf8.lexicographicallyPrecedes(text.utf8)
      case .greater: return other.utf8.lexicographicallyPrecedes(text.utf8)
      default: return !text.utf8.lexicographicallyPrecedes(other.utf8)
      }
    default:
      throw JMESPathError(
        .invalidType,
        "'\(comparator.rawValue)' not supported between instances of '\(pythonTypeName)' and '\(other.pythonTypeName)'")
    }
  }

  /// The value as a number; a boolean is a number in Python.
  private var numeric: JSONNumber? {
    switch self {
    case .number(let text): JSONNumber(text)
    case .boolean(let value): .integer(value ? 1 : 0)
    default: nil
    }
  }
}

extension JSONNumber {
  fileprivate func compare(
    _ other: JSONNumber, by integers: (Int128, Int128) -> Bool, _ doubles: (Double, Double) -> Bool
  ) -> Bool {
    guard case .integer(let value) = self, case .integer(let other) = other else {
      return doubles(double, other.double)
    }
    return integers(value, other)
  }
}
