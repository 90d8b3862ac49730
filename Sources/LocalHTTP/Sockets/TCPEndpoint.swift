/// One end of a TCP connection: an address in network byte order and a port.
struct TCPEndpoint: Sendable, Equatable {
  /// 4 bytes of IPv4 or 16 of IPv6; an IPv4 address in IPv6's form (`::ffff:127.0.0.1`) is 4 bytes too, since the kernel
  /// takes both for the same.
  let address: [UInt8]
  let port: UInt16

  private static let mappedPrefix = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]

  /// `address` has 4 or 16 bytes.
  init(address: [UInt8], port: UInt16) {
    let isMapped = address.count == 16 && address.starts(with: Self.mappedPrefix)
    self.address = isMapped ? Array(address.suffix(4)) : address
    self.port = port
  }

  var isIPv6: Bool { address.count == 16 }

  /// Whether nothing sent to the address leaves this machine (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3).
  var isLoopback: Bool {
    isIPv6 ? address.dropLast().allSatisfy { $0 == 0 } && address.last == 1 : address.first == 127
  }
}
