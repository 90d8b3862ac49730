/// Writes JSON to the byte as Python's `json.dumps` does.
package struct PythonJSONWriter: Sendable {
  /// Spaces a level, with each element on a line of its own; `nil` writes all on one line, with no space at all.
  private let indentation: Int?
  /// Python's `ensure_ascii`: what is not printable ASCII becomes `\u` escapes.
  private let escapesNonASCII: Bool

  package init(indentation: Int?, escapesNonASCII: Bool) {
    self.indentation = indentation
    self.escapesNonASCII = escapesNonASCII
  }

  package func write(_ value: JSONValue, to output: inout [UInt8]) {
    write(value, level: 0, to: &output)
  }

  private func write(_ value: JSONValue, level: Int, to output: inout [UInt8]) {
    switch value {
    case .null: output.append(json: "null")
    case .boolean(let value): output.append(json: value ? "true" : "false")
    case .number(let text): output += JSONNumber.rewritten(text).utf8
    case .string(let text): write(string: text, to: &output)
    case .array(let elements):
      write(elements, between: ("[", "]"), level: level, to: &output) { element, output in
        write(element, level: level + 1, to: &output)
      }
    case .object(let object):
      write(object.members, between: ("{", "}"), level: level, to: &output) { member, output in
        write(string: member.name, to: &output)
        output.append(json: indentation == nil ? ":" : ": ")
        write(member.value, level: level + 1, to: &output)
      }
    }
  }

  private func write<Element>(
    _ elements: [Element], between brackets: (StaticString, StaticString), level: Int, to output: inout [UInt8],
    each: (Element, inout [UInt8]) -> Void
  ) {
    output.append(json: brackets.0)
    for (index, element) in elements.enumerated() {
      if index > 0 { output.append(UInt8(ascii: ",")) }
      startLine(level: level + 1, to: &output)
      each(element, &output)
    }
    if !elements.isEmpty { startLine(level: level, to: &output) }
    output.append(json: brackets.1)
  }

  private func startLine(level: Int, to output: inout [UInt8]) {
    guard let indentation else { return }
    output.append(UInt8(ascii: "\n"))
    output += repeatElement(UInt8(ascii: " "), count: level * indentation)
  }

  private func write(string: String, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": output.append(json: "\\\"")
      case "\\": output.append(json: "\\\\")
      case "\n": output.append(json: "\\n")
      case "\r": output.append(json: "\\r")
      case "\t": output.append(json: "\\t")
      case "\u{08}": output.append(json: "\\b")
      case "\u{0C}": output.append(json: "\\f")
      case "\0"..<" ": escape(scalar, to: &output)
      case " "..<"\u{7F}": output.append(UInt8(truncatingIfNeeded: scalar.value))
      default:
        if escapesNonASCII { escape(scalar, to: &output) } else { output += UTF8.encode(scalar) ?? .init() }
      }
    }
    output.append(UInt8(ascii: "\""))
  }

  private func escape(_ scalar: Unicode.Scalar, to output: inout [UInt8]) {
    for unit in UTF16.encode(scalar) ?? .init() {
      output.append(json: "\\u")
      let digits = String(unit, radix: 16)
      output += repeatElement(UInt8(ascii: "0"), count: 4 - digits.utf8.count)
      output += digits.utf8
    }
  }
}
