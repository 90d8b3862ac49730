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
          let mend = Self.isEndpoint("https://\(text)") ? "write \"https://\(text.excerpt)\"" : nil
          throw ValueRefusal(value: .string(shown), expectation: expectation, mend: mend)
        default:
          throw ValueRefusal(value: value, expectation: expectation, mend: nil)
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
      mendText: { text in
        let rest = text.firstRange(of: "://").map { text[$0.upperBound...] } ?? text[...]
        guard let authority = Authority(rest.prefix { $0 != "/" }) else { return nil }
        return "write \"\(authority.host.excerpt)\""
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
      mendText: { text in
        if text == "*" { return "name each origin: a list of all is not possible" }
        guard let scheme = text.firstRange(of: "://") else {
          return isAuthority(text[...]) ? "write \"https://\(text.excerpt)\"" : nil
        }
        let authority = text[scheme.upperBound...].prefix { $0 != "/" }
        guard isAuthority(authority) else { return nil }
        return
          "write \"\((text[..<scheme.upperBound] + authority).lowercased().excerpt)\", without a path or a slash at its end"
      },
      renderText: \.self)
  }
}

extension ValueForm where Value == ListenAddress {
  static var listenAddress: Self {
    Self(
      expecting: "127.0.0.1:PORT, [::1]:PORT or unix:/PATH of at most 107 bytes",
      acceptText: { try? ListenAddress(parsing: $0) },
      mendText: { text in
        listenAddressMeant(by: text).map { "write \"\($0)\"" }
      },
      renderText: \.description)
  }

  /// Returns the address that somebody means by a port, a path, a URL or `localhost`.
  private static func listenAddressMeant(by text: String) -> ListenAddress? {
    let schemes = ["http://", "https://", "tcp://", "tcp:", "unix://"]
    let bare = schemes.first(where: text.hasPrefix).map { String(text.dropFirst($0.count)) } ?? text
    let authority = String(bare.hasPrefix("/") ? bare[...] : bare.prefix { $0 != "/" })
    let port = authority.hasPrefix(":") ? String(authority.dropFirst()) : authority
    let candidates = [
      authority, "unix:\(authority)", "127.0.0.1:\(port)", authority.replacing("localhost:", with: "127.0.0.1:"),
      "\(authority):2776", "[\(authority)]:2776",
    ]
    return candidates.lazy.compactMap { try? ListenAddress(parsing: $0) }.first
  }
}
