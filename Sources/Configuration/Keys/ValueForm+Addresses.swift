internal import LocalHTTP
internal import System

extension ValueForm where Value == String {
  /// An address that carries a password is refused: it would be shown by `check-config` and in error texts.
  static var endpointURL: Self {
    let expectation = "an http:// or https:// address without user name, query and fragment"
    return Self(
      expecting: expectation,
      parse: { (value) throws(ValueRefusal) in
        switch value {
        case .raw(let text), .string(let text):
          if Self.isEndpoint(text) { return text }
          let shown = text.lastIndex(of: "@").map { "***" + text[$0...] } ?? text
          throw ValueRefusal(value: .string(shown), reason: "\(expectation) is expected")
        default:
          throw ValueRefusal(value: value, reason: "\(expectation) is expected")
        }
      },
      render: { .string($0) })
  }

  private static func isEndpoint(_ text: String) -> Bool {
    guard text.utf8.count <= 2048, let scheme = ["http://", "https://"].first(where: text.hasPrefix) else {
      return false
    }
    let rest = text.dropFirst(scheme.count)
    let authority = rest.prefix { $0 != "/" }
    return isAuthority(authority) && rest.utf8.allSatisfy { 0x21...0x7E ~= $0 && !"@?#\\".utf8.contains($0) }
  }

  private static func isAuthority(_ text: Substring) -> Bool { !text.hasSuffix(":") && Authority(text) != nil }

  /// Without port, since the guard compares hosts whatever their port.
  static var host: Self {
    Self(
      expecting: "a host name or an address without port",
      acceptText: { text in
        let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        let isAddress = (try? ListenAddress(parsing: "[\(bare)]:0")) != nil
        let isName = bare == text && Authority(text).map { $0.port == nil } == true
        return 1...253 ~= bare.utf8.count && (isAddress || isName) ? bare.lowercased() : nil
      },
      renderText: \.self)
  }

  /// A serialized origin (RFC 6454 §6.2), neither `*` nor `null`: each page that may call is named.
  static var origin: Self {
    Self(
      expecting: "an origin such as https://desk.example.com",
      acceptText: { text in
        let scheme = text.prefix { $0 != ":" }
        let rest = text.dropFirst(scheme.count)
        guard text.utf8.count <= 512, scheme.utf8.first?.isASCIILetter == true, rest.hasPrefix("://"),
          scheme.utf8.allSatisfy({ $0.isASCIIAlphanumeric || "+-.".utf8.contains($0) }),
          isAuthority(rest.dropFirst(3))
        else { return nil }
        return text.lowercased()
      },
      renderText: \.self)
  }
}

extension ValueForm where Value == ListenAddress {
  static var listenAddress: Self {
    Self(
      expecting: "127.0.0.1:PORT, [::1]:PORT or unix:/PATH of at most 107 bytes",
      acceptText: { try? ListenAddress(parsing: $0) },
      renderText: \.description)
  }
}
