internal import Outbound
internal import System

/// Where a Valkey or Redis server is: one server, one that Sentinels name, or a cluster.
package struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
  /// How the server that takes writes is found.
  package enum Topology: Sendable, Hashable {
    case single
    /// Sentinels say which server is the primary of that name.
    case sentinel(name: String)
    /// The nodes say which of them holds a key.
    case cluster
  }

  /// A text that is no such address.
  package struct Invalid: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why, for people.
    package let description: String
  }

  package let topology: Topology
  package let isEncrypted: Bool
  /// Of the server, of Sentinels or of some nodes; 1 to 16.
  let endpoints: [Endpoint]
  /// As it was written.
  package let description: String

  /// Reads `valkeys://HOST:PORT`, `valkeys+sentinel://NAME@HOST:PORT,HOST:PORT`, `valkeys+cluster://HOST:PORT,HOST:PORT`,
  /// the same with `valkey` for loopback addresses, and `unix:PATH`.
  package init(parsing text: String) throws(Invalid) {
    description = text
    if text.hasPrefix("unix:") {
      let path = text.dropFirst("unix:".count)
      guard path.hasPrefix("/"), path.utf8.count <= 107, path.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
        throw Invalid(description: "unix: and an absolute path of at most 107 bytes are expected")
      }
      (topology, isEncrypted, endpoints) = (.single, false, [.unix(String(path))])
      return
    }
    guard let slashes = text.utf8.firstIndex(of: UInt8(ascii: ":")), text[slashes...].hasPrefix("://") else {
      throw Invalid(description: "valkeys://HOST:PORT is expected")
    }
    let scheme = text[..<slashes].split(separator: "+", omittingEmptySubsequences: false)
    guard let kind = scheme.first, kind == "valkey" || kind == "valkeys", scheme.count <= 2 else {
      let meant = ["redis": "valkey", "rediss": "valkeys"][scheme.first ?? ""].map { "; write \($0)://" } ?? ""
      throw Invalid(
        description: "the scheme is valkey, valkeys (TLS), either with +sentinel or +cluster, or unix:\(meant)")
    }
    isEncrypted = kind == "valkeys"
    var rest = text[text.index(slashes, offsetBy: 3)...]
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    switch scheme.dropFirst().first {
    case nil: topology = .single
    case "cluster"?: topology = .cluster
    case "sentinel"?:
      guard let at = rest.utf8.firstIndex(of: UInt8(ascii: "@")), Self.isName(rest[..<at]) else {
        throw Invalid(description: "+sentinel needs the primary's name, as in valkeys+sentinel://NAME@HOST:26379")
      }
      topology = .sentinel(name: String(rest[..<at]))
      rest = rest[rest.index(after: at)...]
    default: throw Invalid(description: "the scheme ends with +sentinel, +cluster or neither")
    }
    guard !rest.utf8.contains(UInt8(ascii: "@")) else {
      throw Invalid(description: "user and password belong in user and password_file, not in the address")
    }
    let parts = rest.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 1 || topology != .single, parts.count <= 16 else {
      throw Invalid(description: "one HOST:PORT is expected; several go with +sentinel or +cluster")
    }
    var endpoints: [Endpoint] = []
    for part in parts {
      guard let authority = Authority(part), let port = authority.port, port > 0 else {
        throw Invalid(description: "HOST:PORT is expected, an IPv6 address in brackets")
      }
      endpoints.append(.tcp(host: authority.host, port: port))
    }
    self.endpoints = endpoints
    guard isEncrypted || endpoints.allSatisfy(\.isLoopback) else {
      throw Invalid(description: "without TLS only loopback addresses and unix sockets are allowed; write valkeys://")
    }
  }

  /// Where the kernel must let the daemon connect to, beside TCP: the path of a unix socket.
  package var socketPath: String? {
    guard case .unix(let path)? = endpoints.first else { return nil }
    return path
  }

  private static func isName(_ text: Substring) -> Bool {
    1...100 ~= text.utf8.count && text.utf8.allSatisfy { $0.isASCIIAlphanumeric || "-._".utf8.contains($0) }
  }
}

/// One server.
enum Endpoint: Sendable, Hashable {
  case tcp(host: String, port: UInt16)
  case unix(String)

  /// Reads `HOST:PORT` as servers write it, an IPv6 address with or without brackets.
  init?(ofServer text: Substring) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
      return nil
    }
    self.init(host: text[..<colon], port: port)
  }

  init?(host: Substring, port: UInt16) {
    let isBare = host.utf8.contains(UInt8(ascii: ":")) && !host.hasPrefix("[")
    guard let authority = Authority(isBare ? "[\(host)]" : String(host)), authority.port == nil else { return nil }
    self = .tcp(host: authority.host, port: port)
  }

  var isLoopback: Bool {
    switch self {
    case .tcp(let host, _): Authority(host.contains(":") ? "[\(host)]" : host)?.isLoopback ?? false
    case .unix: true
    }
  }

  func streamAddress(isEncrypted: Bool) -> StreamAddress {
    switch self {
    case .tcp(let host, let port): .tcp(host: host, port: port, isEncrypted: isEncrypted)
    case .unix(let path): .unix(path)
    }
  }
}
