internal import System

/// Where a server listens: a numeric address with a port, or a unix socket.
package enum ListenAddress: Sendable, Hashable, CustomStringConvertible {
  /// `host` is numeric and in its canonical form; port 0 lets the kernel pick one.
  case tcp(host: String, port: UInt16)
  /// An absolute path of at most 107 bytes.
  case unix(path: String)

  /// A text that is not an address.
  package struct ParseError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The text as given.
    package let text: String

    /// What is allowed, for people.
    package var description: String {
      """
      “\(text)” is not an address to listen on: allowed are 127.0.0.1:PORT, [::1]:PORT (any numeric address, PORT 0 to \
      65535) and unix:/absolute/path of at most \(SocketAddress.longestPath) bytes
      """
    }
  }

  /// Reads `127.0.0.1:2776`, `[::1]:2776` or `unix:/run/fedbroker/fedbroker.sock`.
  package init(parsing text: String) throws(ParseError) {
    guard let address = Self.parse(text) else { throw ParseError(text: text) }
    self = address
  }

  private static func parse(_ text: String) -> ListenAddress? {
    guard !text.utf8.contains(0) else { return nil }
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst("unix:".count))
      guard path.hasPrefix("/"), SocketAddress(.unix(path: path)) != nil else { return nil }
      return .unix(path: path)
    }
    guard let colon = text.lastIndex(of: ":") else { return nil }
    var host = text[..<colon]
    let digits = text[text.index(after: colon)...]
    guard !digits.isEmpty, digits.utf8.allSatisfy(\.isASCIIDigit), let port = UInt16(digits) else { return nil }
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      guard host.contains(":") else { return nil }
    } else if host.contains(":") {
      return nil
    }
    return SocketAddress(.tcp(host: String(host), port: port))?.listenAddress
  }

  /// The address in the form that `init(parsing:)` reads.
  package var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }

  /// Whether only this machine can reach the address.
  package var isLoopback: Bool {
    switch self {
    case .tcp(let host, _): host == "::1" || host.hasPrefix("127.") || host.hasPrefix("::ffff:127.")
    case .unix: true
    }
  }
}
