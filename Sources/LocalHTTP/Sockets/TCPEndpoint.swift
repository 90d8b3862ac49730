internal import Glibc

/// One end of a TCP connection: an address and a port.
///
/// An IPv4 address in IPv6's form (`::ffff:127.0.0.1`) is one of IPv4, since the kernel takes both for the same.
struct TCPEndpoint: Sendable, Hashable {
  /// The address as a number, whose most significant byte comes first on the network; of IPv4, below 2^32.
  private let bits: UInt128
  let isIPv6: Bool
  let port: UInt16

  /// `address` has 4 or 16 bytes, in network byte order.
  init(address: some Collection<UInt8>, port: UInt16) {
    let bits = address.reduce(0) { $0 << 8 | UInt128($1) }
    isIPv6 = address.count == 16 && bits >> 32 != 0xFFFF
    self.bits = isIPv6 ? bits : bits & 0xFFFF_FFFF
    self.port = port
  }

  /// 4 or 16 bytes, in network byte order.
  var address: [UInt8] {
    let size = isIPv6 ? 16 : 4
    return (0..<size).map { UInt8(truncatingIfNeeded: bits >> UInt128(8 * (size - 1 - $0))) }
  }

  /// The same address with another port.
  func with(port: UInt16) -> TCPEndpoint { TCPEndpoint(address: address, port: port) }

  /// Whether nothing sent to the address leaves this machine (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
  var isLoopback: Bool { isIPv6 ? bits == 1 : bits >> 24 == 127 }
}

extension TCPEndpoint: CustomStringConvertible {
  /// `127.0.0.1:51234` or `[::1]:51234`.
  var description: String {
    let host = unsafe address.withUnsafeBytes { unsafe SocketAddress.text(isIPv6 ? AF_INET6 : AF_INET, $0) }
    return ListenAddress.tcp(host: host, port: port).description
  }
}
