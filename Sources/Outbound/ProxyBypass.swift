internal import Glibc

/// The hosts that are connected to directly: `NO_PROXY`, as botocore reads it (`urllib.request.proxy_bypass_environment`).
///
/// A comma-separated list of names, each good for the host itself and for those below it, with or without a port; `*` alone
/// stands for all. Beyond botocore, `10.0.0.0/8` and `fd00::/8` stand for the addresses in that range.
package struct ProxyBypass: Sendable, Equatable {
  private let isEverything: Bool
  private let names: [String]

  package init(_ text: String) {
    isEverything = text == "*"
    names = text.split(separator: ",").compactMap { item in
      let name = item.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()
      return name.isEmpty ? nil : String(name.drop { $0 == "." }).lowercased()
    }
  }

  /// Whether the host of an address is connected to directly.
  ///
  /// A port counts where the address has one: `https://a/` is not the `a:443` of the list.
  package func contains(_ url: String) -> Bool {
    if isEverything { return true }
    guard !names.isEmpty else { return false }
    let authority = Self.authority(of: url)
    let host = Self.withoutPort(authority)
    return names.contains { name in
      name == host || name == authority || host.hasSuffix(".\(name)") || authority.hasSuffix(".\(name)")
        || Self.isRange(name, around: host)
    }
  }

  private static func authority(of url: String) -> String {
    let slashes = url.range(ofFirst: "://")
    let rest = url[(slashes ?? url.startIndex)...]
    return rest.prefix { !"/?#".contains($0) }.lowercased()
  }

  private static func withoutPort(_ authority: String) -> String {
    guard let colon = authority.lastIndex(of: ":") else { return authority }
    let port = authority[authority.index(after: colon)...]
    return !port.isEmpty && port.allSatisfy { $0.isASCII && $0.isNumber } ? String(authority[..<colon]) : authority
  }

  /// Whether `name` is a range of addresses, such as `10.0.0.0/8`, and `host` one of these.
  private static func isRange(_ name: String, around host: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let length = UInt8(parts[1]), let network = address(parts[0]),
      let address = address(host.hasPrefix("[") ? host.dropFirst().dropLast() : host[...]),
      network.count == address.count, Int(length) <= address.count * 8
    else { return false }
    return address.indices.allSatisfy { index in
      let bits = min(8, max(0, Int(length) - index * 8))
      let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
      return address[index] & mask == network[index] & mask
    }
  }

  /// The bytes of a literal address; `nil` for a name.
  private static func address(_ text: Substring) -> [UInt8]? {
    var four = in_addr()
    if unsafe inet_pton(AF_INET, String(text), &four) == 1 {
      return unsafe withUnsafeBytes(of: four) { unsafe Array($0) }
    }
    var six = in6_addr()
    guard unsafe inet_pton(AF_INET6, String(text), &six) == 1 else { return nil }
    return unsafe withUnsafeBytes(of: six) { unsafe Array($0) }
  }
}

extension String {
  /// The end of the first occurrence of `text`.
  fileprivate func range(ofFirst text: String) -> Index? {
    indices.first { self[$0...].hasPrefix(text) }.map { index($0, offsetBy: text.count) }
  }
}
