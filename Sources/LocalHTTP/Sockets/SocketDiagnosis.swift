internal import CLinux
internal import Glibc

/// The messages of `NETLINK_SOCK_DIAG` (sock_diag(7)) that ask the kernel for one TCP socket.
///
/// Pure: bytes in, bytes out. Numbers are in the machine's byte order, addresses and ports in the network's.
enum SocketDiagnosis {
  /// A socket as the kernel describes it.
  struct Entry: Equatable {
    /// The socket's own end, and the other one.
    let local: TCPEndpoint
    let remote: TCPEndpoint
    /// A value of tcp_states.h.
    let state: UInt8
    let uid: UInt32
    /// 0 once no process holds the socket.
    let inode: UInt32

    /// Whether a process holds the socket, and its connection is established, perhaps with one direction ended.
    ///
    /// The kernel gives root's uid for every socket that no process holds, such as one that its owner has closed, and any
    /// user can bind a socket that still connects to the address of a connection that has just ended.
    var isHeldAndConnected: Bool { inode != 0 && SocketDiagnosis.connectedStates.contains(state) }
  }

  /// `TCP_ESTABLISHED`, `TCP_FIN_WAIT1`, `TCP_FIN_WAIT2`, `TCP_CLOSE_WAIT`.
  static let connectedStates: Set<UInt8> = [1, 4, 5, 8]

  private static let headerSize = 16
  private static let requestSize = 56
  private static let messageSize = 72
  /// More than one answer takes, with its attributes.
  static let longestAnswer = 4096

  /// Returns the request for the socket whose own end is `local`.
  static func request(local: TCPEndpoint, remote: TCPEndpoint, sequence: UInt32) -> [UInt8] {
    var bytes: [UInt8] = []
    // struct nlmsghdr
    bytes.append(number: UInt32(headerSize + requestSize))
    bytes.append(number: UInt16(SOCK_DIAG_BY_FAMILY))
    bytes.append(number: UInt16(NLM_F_REQUEST))
    bytes.append(number: sequence)
    bytes.append(number: UInt32(0))
    // struct inet_diag_req_v2: no extensions, any state.
    bytes += [UInt8(local.isIPv6 ? AF_INET6 : AF_INET), UInt8(IPPROTO_TCP), 0, 0]
    bytes.append(number: UInt32.max)
    // struct inet_diag_sockid: any interface, no cookie.
    bytes.append(number: local.port.bigEndian)
    bytes.append(number: remote.port.bigEndian)
    for endpoint in [local, remote] {
      bytes += endpoint.address + [UInt8](repeating: 0, count: 16 - endpoint.address.count)
    }
    bytes.append(number: UInt32(0))
    bytes.append(number: UInt64.max)
    return bytes
  }

  /// Returns the socket that an answer describes; `nil` for an error of the kernel or anything else.
  static func entry(in answer: Span<UInt8>, sequence: UInt32) -> Entry? {
    guard let length = answer.number(at: 0, as: UInt32.self), Int(length) <= answer.count,
      Int(length) >= headerSize + messageSize,
      answer.number(at: 4, as: UInt16.self) == UInt16(SOCK_DIAG_BY_FAMILY),
      answer.number(at: 8, as: UInt32.self) == sequence
    else { return nil }
    // struct inet_diag_msg
    let message = answer.extracting(headerSize..<Int(length))
    let addressSize: Int
    switch Int32(message[0]) {
    case AF_INET: addressSize = 4
    case AF_INET6: addressSize = 16
    default: return nil
    }
    guard let localPort = message.number(at: 4, as: UInt16.self),
      let remotePort = message.number(at: 6, as: UInt16.self),
      let uid = message.number(at: 64, as: UInt32.self), let inode = message.number(at: 68, as: UInt32.self)
    else { return nil }
    return Entry(
      local: TCPEndpoint(address: (8..<8 + addressSize).map { message[$0] }, port: UInt16(bigEndian: localPort)),
      remote: TCPEndpoint(address: (24..<24 + addressSize).map { message[$0] }, port: UInt16(bigEndian: remotePort)),
      state: message[1], uid: uid, inode: inode)
  }
}

extension [UInt8] {
  /// Appends a number in the machine's byte order.
  fileprivate mutating func append<Number: FixedWidthInteger>(number: Number) {
    for index in 0..<Number.bitWidth / 8 {
      append(UInt8(truncatingIfNeeded: number.littleEndian >> Number(index * 8)))
    }
  }
}

extension Span<UInt8> {
  /// Returns a number in the machine's byte order; `nil` where the bytes end before it does.
  fileprivate func number<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type) -> Number? {
    let size = Number.bitWidth / 8
    guard offset + size <= count else { return nil }
    var number: Number = 0
    for index in 0..<size { number |= Number(self[offset + index]) << Number(index * 8) }
    return Number(littleEndian: number)
  }
}
