/// Where a stream of bytes leads.
package enum StreamAddress: Sendable, Hashable, CustomStringConvertible {
  /// - Parameter host: A name or an IP address, an IPv6 one without brackets.
  case tcp(host: String, port: UInt16, isEncrypted: Bool)
  /// The path of a unix socket.
  case unix(String)

  /// For people: `cache.example.com:6379`.
  package var description: String {
    switch self {
    case .tcp(let host, let port, _): "\(host.contains(":") ? "[\(host)]" : host):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }

  /// The address that libcurl connects to; the scheme decides about TLS, nothing of HTTP is sent.
  var url: String {
    switch self {
    case .tcp(_, _, let isEncrypted): "\(isEncrypted ? "https" : "http")://\(description)/"
    case .unix: "http://localhost/"
    }
  }
}
