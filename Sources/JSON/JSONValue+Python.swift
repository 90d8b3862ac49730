/// What Python calls and prints the values that its `json` module makes.
///
/// The AWS CLI's text and table output and the messages of its query language are made of these.
extension JSONValue {
  /// The name of the value's class.
  package var pythonTypeName: String {
    switch self {
    case .null: "NoneType"
    case .boolean: "bool"
    case .number(let text): if case .integer = JSONNumber(text) { "int" } else { "float" }
    case .string: "str"
    case .array: "list"
    case .object: "dict"
    }
  }

  /// The value's `str()`.
  package var pythonText: String {
    if case .string(let text) = self { text } else { pythonRepresentation }
  }

  /// The value's `repr()`.
  package var pythonRepresentation: String {
    switch self {
    case .null: return "None"
    case .boolean(let value): return value ? "True" : "False"
    case .number(let text):
      switch JSONNumber.rewritten(text) {
      case "NaN": return "nan"
      case "Infinity": return "inf"
      case "-Infinity": return "-inf"
      case let text: return text
      }
    case .string(let text): return Self.quoted(text)
    case .array(let elements): return "[" + elements.map(\.pythonRepresentation).joined(separator: ", ") + "]"
    case .object(let object):
      let members = object.members.map { "\(Self.quoted($0.name)): \($0.value.pythonRepresentation)" }
      return "{" + members.joined(separator: ", ") + "}"
    }
  }

  private static func quoted(_ text: String) -> String {
    let scalars = text.unicodeScalars
    let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
    var result = String.UnicodeScalarView([quote])
    for scalar in scalars {
      switch scalar {
      case quote, "\\": result += ["\\", scalar]
      case "\n": result += "\\n".unicodeScalars
      case "\r": result += "\\r".unicodeScalars
      case "\t": result += "\\t".unicodeScalars
      case _ where scalar.isPrintableInPython: result.append(scalar)
      case ..<"\u{100}": result += escape("x", scalar, digits: 2)
      case ..<"\u{10000}": result += escape("u", scalar, digits: 4)
      default: result += escape("U", scalar, digits: 8)
      }
    }
    result.append(quote)
    return String(result)
  }

  private static func escape(_ letter: Character, _ scalar: Unicode.Scalar, digits: Int) -> String.UnicodeScalarView {
    let hexadecimal = String(scalar.value, radix: 16)
    return "\\\(letter)\(String(repeating: "0", count: digits - hexadecimal.count))\(hexadecimal)".unicodeScalars
  }
}

extension Unicode.Scalar {
  /// Python's `str.isprintable`: neither a control or separator but the space, nor unassigned.
  package var isPrintableInPython: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    case .spaceSeparator: self == " "
    default: true
    }
  }
}
