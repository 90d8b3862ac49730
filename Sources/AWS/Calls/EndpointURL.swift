internal import System

/// The parts of `http(s)://host[:port][/path]`, in the form that is sent.
struct EndpointURL: Equatable {
  let scheme: String
  /// In lower case, without the brackets of an IPv6 address.
  let host: String
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
    let written = rest[..<slash].lowercased()
    guard let parts = Authority(written), parts.port != 0, written.last != ":",
      written.first == "[" || Self.isHostName(parts.host)
    else { return nil }
    self.scheme = scheme
    host = parts.host
    if let port = parts.port, let colon = written.lastIndex(of: ":") {
      authority = written[..<colon] + (port == (scheme == "https" ? 443 : 80) ? "" : ":\(port)")
    } else {
      authority = written
    }
    path = String(rest[slash...].reversed().drop { $0 == "/" }.reversed())
  }

  /// Labels of letters, digits, hyphens and underscores, with dots between (RFC 1123 §2.1).
  private static func isHostName(_ host: String) -> Bool {
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    return host.utf8.count <= 255
      && labels.allSatisfy { label in
        1...63 ~= label.utf8.count && !label.hasPrefix("-") && !label.hasSuffix("-")
          && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
      }
  }
}
