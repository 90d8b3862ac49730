internal import JSON

/// `--output yaml`: YAML 1.2 in block style, a document that YAML 1.1 reads as the same value.
enum YAMLOutput {
  static func write(_ value: JSONValue, to output: inout [UInt8]) {
    write(value, indentation: 0, isFirst: true, to: &output)
  }

  /// Writes a value at the current position: after `- ` or at the start of a line for `isFirst`, otherwise after a name
  /// and its colon.
  private static func write(_ value: JSONValue, indentation: Int, isFirst: Bool, to output: inout [UInt8]) {
    switch value {
    case .object(let object) where !object.members.isEmpty:
      for (index, member) in object.members.enumerated() {
        startLine(indentation, isNeeded: index > 0 || !isFirst, to: &output)
        output += "\(scalar(member.name)):".utf8
        write(member.value, indentation: indentation + 2, isFirst: false, to: &output)
      }
    case .array(let elements) where !elements.isEmpty:
      // A list in an object needs no further indentation.
      let indentation = isFirst ? indentation : indentation - 2
      for (index, element) in elements.enumerated() {
        startLine(indentation, isNeeded: index > 0 || !isFirst, to: &output)
        output += "- ".utf8
        write(element, indentation: indentation + 2, isFirst: true, to: &output)
      }
    default:
      output += "\(isFirst ? "" : " ")\(scalar(value))\n".utf8
    }
  }

  private static func startLine(_ indentation: Int, isNeeded: Bool, to output: inout [UInt8]) {
    guard isNeeded else { return }
    if output.last != UInt8(ascii: "\n") { output.append(UInt8(ascii: "\n")) }
    output += repeatElement(UInt8(ascii: " "), count: indentation)
  }

  private static func scalar(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .number(let text): number(JSONNumber.rewritten(text))
    case .string(let text): scalar(text)
    case .array: "[]"
    case .object: "{}"
    }
  }

  /// Infinity and NaN have names in YAML; an exponent without a point would be a string in YAML 1.1.
  private static func number(_ text: String) -> String {
    switch text {
    case "NaN": return ".nan"
    case "Infinity": return ".inf"
    case "-Infinity": return "-.inf"
    default:
      guard let exponent = text.firstIndex(of: "e"), !text.contains(".") else { return text }
      return text[..<exponent] + ".0" + text[exponent...]
    }
  }

  /// Writes a string plain if every reader takes it for a string, otherwise quoted.
  private static func scalar(_ text: String) -> String {
    let isPlain =
      text.utf8.allSatisfy { isLetter($0) || plainPunctuation.contains($0) } && text.utf8.first.map(isLetter) == true
      && text.utf8.last != UInt8(ascii: ":") && !reserved.contains(text.lowercased())
    return isPlain ? text : "\"\(text.unicodeScalars.map(quoted).joined())\""
  }

  /// Writes a code point of a double-quoted string; unprintable ones must be escaped (YAML 1.2 §5.1).
  private static func quoted(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\"", "\\": return "\\\(scalar)"
    case "\n": return "\\n"
    case "\t": return "\\t"
    case _ where scalar.isPrintableInPython: return String(scalar)
    default:
      let digits = String(scalar.value, radix: 16)
      return "\\U" + String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
  }

  private static let plainPunctuation = Set("0123456789-_./:@+=%~".utf8)
  /// Words that begin with a letter and that YAML 1.1 or 1.2 does not read as strings.
  private static let reserved: Set = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
}
