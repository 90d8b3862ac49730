package import Secrets

/// What JSON text is written to.
package protocol JSONOutput: ~Copyable {
  mutating func append(_ byte: UInt8)
  mutating func append(contentsOf bytes: Span<UInt8>)
}

extension [UInt8]: JSONOutput {
  package mutating func append(contentsOf bytes: Span<UInt8>) {
    bytes.withUnsafeBufferPointer { append(contentsOf: $0) }
  }
}

extension SecretBuilder: JSONOutput {}

extension JSONOutput where Self: ~Copyable {
  package mutating func append(json text: StaticString) {
    text.withUTF8Buffer { append(contentsOf: $0.span) }
  }

  /// Writes a string with its quotes: only what RFC 8259 §7 requires is escaped, the rest stays UTF-8.
  package mutating func appendJSON(string: String) {
    appendQuoted(string.utf8Span.span)
  }

  package mutating func appendJSON(string: Secret) {
    string.withBytes { appendQuoted($0) }
  }

  /// Writes a value with no white space.
  package mutating func appendJSON(_ value: JSONValue) {
    switch value {
    case .null: append(json: "null")
    case .boolean(true): append(json: "true")
    case .boolean(false): append(json: "false")
    case .number(let text): append(contentsOf: text.utf8Span.span)
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

  private mutating func appendQuoted(_ bytes: Span<UInt8>) {
    append(UInt8(ascii: "\""))
    // What needs no escape is appended as a whole.
    var start = 0
    for index in bytes.indices where bytes[index].isEscapedInJSON {
      append(contentsOf: bytes.extracting(start..<index))
      appendEscape(of: bytes[index])
      start = index + 1
    }
    append(contentsOf: bytes.extracting(start..<bytes.count))
    append(UInt8(ascii: "\""))
  }

  private mutating func appendEscape(of byte: UInt8) {
    guard byte < 0x20 || byte == 0x7F else {
      append(UInt8(ascii: "\\"))
      return append(byte)
    }
    append(json: "\\u00")
    append(hexadecimalDigit(byte >> 4))
    append(hexadecimalDigit(byte & 0x0F))
  }

  private func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}

extension UInt8 {
  fileprivate var isEscapedInJSON: Bool {
    self < 0x20 || self == 0x7F || self == UInt8(ascii: "\"") || self == UInt8(ascii: "\\")
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
