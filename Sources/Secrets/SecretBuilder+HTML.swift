extension SecretBuilder {
  /// Appends text such that HTML takes no part of it for markup, in an attribute's quotes too.
  package mutating func appendHTML(_ text: Secret) {
    text.withBytes { bytes in
      for index in bytes.indices {
        switch bytes[index] {
        case UInt8(ascii: "&"): append("&amp;")
        case UInt8(ascii: "<"): append("&lt;")
        case UInt8(ascii: ">"): append("&gt;")
        case UInt8(ascii: "\""): append("&quot;")
        case UInt8(ascii: "'"): append("&#39;")
        default: append(bytes[index])
        }
      }
    }
  }

  package mutating func appendHTML(_ text: String) {
    appendHTML(Secret(text))
  }
}
