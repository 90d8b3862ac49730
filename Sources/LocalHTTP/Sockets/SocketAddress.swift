internal import CLinux
internal import Glibc
internal import System

/// A `sockaddr` of any family, with its length.
struct SocketAddress {
  private var storage = sockaddr_storage()
  private var length = socklen_t(MemoryLayout<sockaddr_storage>.size)

  /// The longest path of a unix socket: `sun_path` without its NUL.
  static let longestPath = 107

  var family: Int32 { Int32(storage.ss_family) }

  /// Of no family, to be written by a call.
  init() {}

  /// `nil` when `address` is a unix path that is too long, or a host that is not numeric: neither parses as one.
  init?(_ address: ListenAddress) {
    switch address {
    case .tcp(let host, let port):
      if host.contains(":") {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        guard unsafe inet_pton(AF_INET6, host, &address.sin6_addr) == 1 else { return nil }
        store(address)
      } else {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        guard unsafe inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return nil }
        store(address)
      }
    case .unix(let path):
      guard path.utf8.count <= Self.longestPath else { return nil }
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
      store(address)
    }
  }

  init(boundTo socket: Socket) throws(SystemError) {
    try unsafe fill("getsockname") { unsafe getsockname(socket.descriptor, $0, &$1) }
  }

  init(ofPeerOf socket: Socket) throws(SystemError) {
    try unsafe fill("getpeername") { unsafe getpeername(socket.descriptor, $0, &$1) }
  }

  private mutating func fill(
    _ name: String, _ call: (UnsafeMutablePointer<sockaddr>, inout socklen_t) -> Int32
  ) throws(SystemError) {
    _ = try SystemError.check(name) { unsafe withMutablePointer(call) }
  }

  /// Has a call write the address, and its length.
  mutating func withMutablePointer(_ call: (UnsafeMutablePointer<sockaddr>, inout socklen_t) -> Int32) -> Int32 {
    var written = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let status = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe call($0, &written) }
    }
    length = written
    return status
  }

  /// `nil` for a family that is none of ours.
  var listenAddress: ListenAddress? {
    switch family {
    case AF_INET:
      let address: sockaddr_in = load()
      let host = unsafe withUnsafeBytes(of: address.sin_addr) { unsafe Self.text(AF_INET, $0) }
      return .tcp(host: host, port: UInt16(bigEndian: address.sin_port))
    case AF_INET6:
      let address: sockaddr_in6 = load()
      let host = unsafe withUnsafeBytes(of: address.sin6_addr) { unsafe Self.text(AF_INET6, $0) }
      return .tcp(host: host, port: UInt16(bigEndian: address.sin6_port))
    case AF_UNIX:
      let address: sockaddr_un = load()
      return .unix(
        path: unsafe withUnsafeBytes(of: address.sun_path) {
          unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        })
    default: return nil
    }
  }

  /// The address and port of TCP; `nil` for any other family.
  var endpoint: TCPEndpoint? {
    switch family {
    case AF_INET:
      let address: sockaddr_in = load()
      return unsafe withUnsafeBytes(of: address.sin_addr) {
        unsafe TCPEndpoint(address: $0, port: UInt16(bigEndian: address.sin_port))
      }
    case AF_INET6:
      let address: sockaddr_in6 = load()
      return unsafe withUnsafeBytes(of: address.sin6_addr) {
        unsafe TCPEndpoint(address: $0, port: UInt16(bigEndian: address.sin6_port))
      }
    default: return nil
    }
  }

  func withPointer<Result, Failure: Error>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe withUnsafePointer(to: storage) { (pointer) throws(Failure) in
      try unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { (pointer) throws(Failure) in
        try unsafe body(pointer, length)
      }
    }
  }

  private mutating func store<Address>(_ address: Address) {
    length = socklen_t(MemoryLayout<Address>.size)
    unsafe withUnsafeBytes(of: address) { address in
      unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.copyMemory(from: address) }
    }
  }

  private func load<Address>() -> Address {
    unsafe withUnsafeBytes(of: storage) { unsafe $0.load(as: Address.self) }
  }

  /// The text of a numeric address whose bytes are in network byte order.
  static func text(_ family: Int32, _ address: UnsafeRawBufferPointer) -> String {
    var text = [UInt8](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let isText = unsafe text.withUnsafeMutableBytes { text in
      unsafe inet_ntop(
        family, address.baseAddress, text.assumingMemoryBound(to: CChar.self).baseAddress, socklen_t(text.count))
        != nil
    }
    return isText ? String(decoding: text.prefix { $0 != 0 }, as: UTF8.self) : ""
  }
}
