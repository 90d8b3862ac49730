package import Secrets

/// What JSON text is written to.
package protocol JSONOutput: ~Copyable {
  mutating func append(_ byte: UInt8)
}

extension [UInt8]: JSONOutput {}
extension SecretBuilder: JSONOutput {}

extension JSONOutput where Self: ~Copyable {
  package mutating func append(json text: StaticString) {
    for byte in text.description.utf8 { append(byte) }
  }

  /// Writes a string with its quotes: only what RFC 8259 §7 requires is escaped, the rest stays UTF-8.
  package mutating func appendJSON(string: String) {
    append(UInt8(ascii: "\""))
    for byte in string.utf8 { appendEscaped(byte) }
    append(UInt8(ascii: "\""))
  }

  package mutating func appendJSON(string: Secret) {
    append(UInt8(ascii: "\""))
    string.withBytes { bytes in
      for index in bytes.indices { appendEscaped(bytes[index]) }
    }
    append(UInt8(ascii: "\""))
  }

  /// Writes a value with no white space.
  package mutating func appendJSON(_ value: JSONValue) {
    switch value {
    case .null: append(json: "null")
    case .boolean(true): append(json: "true")
    case .boolean(false): append(json: "false")
    case .number(let text): for byte in text.utf8 { append(byte) }
    case .string(let text): appendJSON(string: text)
    case .array(let elements):
      append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { append(UInt8(ascii: ",")) }
        appendJSON(element)
      }
      append(UInt8(ascii: "]"))
    case .object(let object):
      append(UInt8(ascii: "{"))
      for (index, member) in object.members.enumerated() {
        if index > 0 { append(UInt8(ascii: ",")) }
        appendJSON(string: member.name)
        append(UInt8(ascii: ":"))
        appendJSON(member.value)
      }
      append(UInt8(ascii: "}"))
    }
  }

  private mutating func appendEscaped(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      append(UInt8(ascii: "\\"))
      append(byte)
    case 0..<0x20, 0x7F:
      append(json: "\\u00")
      append(hexadecimalDigit(byte >> 4))
      append(hexadecimalDigit(byte & 0x0F))
    default: append(byte)
    }
  }

  private func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}

extension JSONValue {
  /// The value as a JSON text with no white space.
  package var text: [UInt8] {
    var output: [UInt8] = []
    output.appendJSON(self)
    return output
  }
}
