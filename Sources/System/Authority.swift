/// A host with or without a port, as URLs and `Host` write them (RFC 3986 §3.2, RFC 9110 §7.2), without user information.
package struct Authority: Sendable, Equatable {
  /// In lower case: a name without a dot at its end, or an address, that of IPv6 without its brackets.
  package let host: String
  /// `nil` if none is given.
  package let port: UInt16?

  /// Returns `nil` for any other text.
  package init?(_ text: Substring) {
    let bytes = text.utf8
    let hostEnd: String.Index
    if bytes.first == UInt8(ascii: "[") {
      guard let bracket = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
      let address = bytes[bytes.index(after: bytes.startIndex)..<bracket]
      guard !address.isEmpty, address.allSatisfy({ $0.hexadecimalValue != nil || ":.".utf8.contains($0) }) else {
        return nil
      }
      self.host = Substring(address).lowercased()
      hostEnd = bytes.index(after: bracket)
    } else {
      hostEnd = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
      var name = bytes[..<hostEnd]
      if name.last == UInt8(ascii: ".") { name = name.dropLast() }
      guard !name.isEmpty, name.allSatisfy({ $0.isASCIIAlphanumeric || "-._".utf8.contains($0) }) else { return nil }
      self.host = Substring(name).lowercased()
    }
    let port = bytes[hostEnd...]
    let digits = port.dropFirst()
    // A colon without a port is allowed (RFC 3986 §3.2.3).
    self.port = UInt16(Substring(digits))
    guard port.isEmpty || port.first == UInt8(ascii: ":"), digits.isEmpty || self.port != nil,
      digits.allSatisfy(\.isASCIIDigit)
    else { return nil }
  }

  /// Whether the host is this machine whatever a name server says (RFC 6761 §6.3 for `localhost`).
  package var isLoopback: Bool {
    if host == "localhost" || host == "::1" { return true }
    let octets = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return host.utf8.starts(with: "127.".utf8) && octets.count == 4
      && octets.allSatisfy { $0.allSatisfy(\.isASCIIDigit) && UInt8(Substring($0)) != nil }
  }
}

extension Authority {
  package init?(_ text: String) { self.init(text[...]) }
}
