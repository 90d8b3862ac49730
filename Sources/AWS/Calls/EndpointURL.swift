/// The parts of `http(s)://host[:port][/path]`, in the form that is sent.
struct EndpointURL: Equatable {
  let scheme: String
  /// In lower case, with the port unless it is the scheme's own.
  let authority: String
  /// Without a `/` at its end.
  let path: String

  /// `nil` for any other text, such as one with user information, a query or a fragment.
  init?(_ text: String) {
    guard let scheme = ["http", "https"].first(where: { text.lowercased().hasPrefix("\($0)://") }) else { return nil }
    let rest = text.dropFirst(scheme.count + 3)
    guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"@?#\\\"<>^`{|}".utf8.contains($0) }) else { return nil }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    let authority = rest[..<slash]
    let isAddress = authority.hasPrefix("[")
    let hostEnd =
      isAddress
      ? authority.firstIndex(of: "]").map { authority.index(after: $0) } : authority.firstIndex(of: ":")
    let host = authority[..<(hostEnd ?? authority.endIndex)]
    let port = authority[host.endIndex...]
    guard isAddress ? Self.isIPv6Address(host) : Self.isHostName(host) else { return nil }
    if port.isEmpty {
      self.authority = host.lowercased()
    } else {
      guard port.first == ":", port.dropFirst().allSatisfy(\.isNumber), let number = UInt16(port.dropFirst()),
        number > 0, port.count <= 6
      else { return nil }
      let isOwn = number == (scheme == "https" ? 443 : 80)
      self.authority = host.lowercased() + (isOwn ? "" : ":\(number)")
    }
    self.scheme = scheme
    path = String(rest[slash...].reversed().drop { $0 == "/" }.reversed())
  }

  /// Labels of letters, digits, hyphens and underscores, with dots between (RFC 1123 §2.1).
  private static func isHostName(_ host: Substring) -> Bool {
    let labels = (host.hasSuffix(".") ? host.dropLast() : host).split(separator: ".", omittingEmptySubsequences: false)
    return host.utf8.count <= 255
      && labels.allSatisfy { label in
        1...63 ~= label.utf8.count && !label.hasPrefix("-") && !label.hasSuffix("-")
          && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
      }
  }

  /// Whether these are the characters of one; the resolver checks the rest.
  private static func isIPv6Address(_ host: Substring) -> Bool {
    host.hasSuffix("]") && host.count > 4
      && host.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
  }
}
