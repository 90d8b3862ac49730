package import Secrets
internal import System

/// A proxy, as an environment variable names it: `[http://][user[:password]@]host[:port][/]`.
///
/// Read here, not by libcurl, whose messages quote an address that it cannot read with the password in it. What may be
/// shown to people is `authority` alone.
package struct ProxyAddress: Sendable, Equatable {
  /// Why a variable's value is no address of a proxy.
  ///
  /// Quotes nothing of the value, because the password may be anywhere in it.
  package struct Invalid: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
  }

  /// One of `schemes`.
  package let scheme: String
  /// Host and port, in lower case, an IPv6 address in brackets.
  package let authority: String
  /// Percent-decoded; `nil` where the address names no user.
  package let userName: Secret?
  package let password: Secret?

  /// What libcurl speaks, with the ports that botocore takes where none is given (libcurl's for SOCKS).
  private static let schemes = [
    "http": 80, "https": 443, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080,
  ]

  /// - Parameters:
  ///   - text: The value.
  ///   - variable: The name of the variable, for the message.
  package init(_ text: String, variable: String) throws(Invalid) {
    func invalid(_ reason: String) -> Invalid {
      Invalid(description: "\(variable) is not http://[user:password@]host[:port]: \(reason)")
    }
    guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw invalid("it holds a line break or another control character")
    }
    let (scheme, rest) = Self.split(text)
    guard let ownPort = Self.schemes[scheme] else {
      throw invalid("its scheme is none of \(Self.schemes.keys.sorted().joined(separator: ", "))")
    }
    let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
    guard ["", "/"].contains(rest[end...]) else {
      throw invalid("/, ? and # in user or password are written %2F, %3F and %23, and nothing stands behind the port")
    }
    let place = rest[..<end]
    let userEnd = place.lastIndex(of: "@")
    let address = userEnd.map { place[place.index(after: $0)...] } ?? place
    guard let parts = Authority(address) else {
      throw invalid("it names no host, or a port that is no number up to 65535")
    }
    guard parts.port != 0 else { throw invalid("port 0 is no port") }
    self.scheme = scheme
    authority = "\(parts.host.contains(":") ? "[\(parts.host)]" : parts.host):\(parts.port ?? UInt16(ownPort))"
    let user = userEnd.map { place[..<$0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false) }
    userName = user.map { Secret(Self.decoded($0[0])) }
    password = user.map { Secret($0.count > 1 ? Self.decoded($0[1]) : []) }
    guard
      ![userName, password].contains(where: {
        $0?.withBytes { bytes in bytes.indices.contains { bytes[$0] == 0 } } == true
      })
    else { throw invalid("user or password holds a NUL") }
  }

  /// Without user and password.
  var url: String { "\(scheme)://\(authority)" }

  /// The scheme, in lower case and `http` where there is none, and what follows `//`.
  private static func split(_ text: String) -> (scheme: String, rest: Substring) {
    if text.hasPrefix("//") { return ("http", text.dropFirst(2)) }
    guard let colon = text.firstIndex(of: ":"),
      text[..<colon].utf8.allSatisfy({ $0.isASCIIAlphanumeric || "+-.".utf8.contains($0) })
    else { return ("http", text[...]) }
    let name = text[..<colon].lowercased()
    if text[colon...].hasPrefix("://") { return (name, text[colon...].dropFirst(3)) }
    // `http:proxy:3128` is a mistake, not a user of the name `http`.
    return schemes[name] == nil ? ("http", text[...]) : (name, "")
  }

  /// Percent-decoded, as Python's `unquote` does it: what is no code stays as it is.
  private static func decoded(_ text: Substring) -> [UInt8] {
    var decoded: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(2).compactMap(\.hexadecimalValue)
      if byte == UInt8(ascii: "%"), digits.count == 2 {
        decoded.append(digits[0] << 4 | digits[1])
        rest = rest.dropFirst(2)
      } else {
        decoded.append(byte)
      }
    }
    return decoded
  }
}
