/// The host and port of a `Host` field or of a target (RFC 9110 §7.2).
struct Authority: Sendable, Equatable {
  /// In lower case, an IPv6 address in its brackets, without a trailing dot.
  let host: String

  init?(_ text: String) {
    let bytes = text.utf8
    let hostEnd: String.Index
    if bytes.first == UInt8(ascii: "[") {
      guard let bracket = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
      hostEnd = bytes.index(after: bracket)
    } else {
      hostEnd = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
    }
    let port = bytes[hostEnd...]
    guard port.isEmpty || (port.first == UInt8(ascii: ":") && port.dropFirst().allSatisfy(\.isDigit)) else {
      return nil
    }
    var host = bytes[..<hostEnd]
    if host.last == UInt8(ascii: ".") { host = host.dropLast() }
    guard !host.isEmpty else { return nil }
    self.host = Substring(host).lowercased()
  }

  /// Whether a host in lower case is this machine whatever a name server says (RFC 6761 §6.3 for `localhost`).
  static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "[::1]" { return true }
    let octets = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return host.utf8.starts(with: "127.".utf8) && octets.count == 4
      && octets.allSatisfy { $0.allSatisfy(\.isDigit) && UInt8(Substring($0)) != nil }
  }
}

extension Authority {
  /// Whether an authority is one of the two that nearly all clients send, with or without a port of digits: what all
  /// others are takes memory to find out.
  static func isPlainLoopback(_ text: Span<UInt8>) -> Bool {
    starts(text, with: "127.0.0.1") || starts(text, with: "localhost")
  }

  private static func starts(_ text: Span<UInt8>, with host: StaticString) -> Bool {
    let count = host.utf8CodeUnitCount
    guard text.count >= count else { return false }
    for index in 0..<count where text[index] != host.utf8Start[index] { return false }
    guard text.count > count else { return true }
    guard text[count] == UInt8(ascii: ":") else { return false }
    for index in (count + 1)..<text.count where !text[index].isDigit { return false }
    return true
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }
}
