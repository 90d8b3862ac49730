internal import CLinux
internal import Glibc
package import LocalHTTP

/// A listening socket as a service manager opens it and hands it to the services that it starts.
///
/// It outlives them, and holds who connects while none runs.
package final class ActivationSocket: Sendable {
  package let descriptor: Int32
  package let address: ListenAddress

  /// Listens on a unix socket at `path`, or on a port of the loopback or any IPv4 address.
  package init(path: String? = nil, isOpenToAll: Bool = false) {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    // A number above those that the child is given.
    let first = socket(path == nil ? AF_INET : AF_UNIX, type, 0)
    descriptor = fcntl(first, F_DUPFD_CLOEXEC, 100)
    close(first)
    if let path {
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
      precondition(Self.bind(descriptor, &address) == 0)
      self.address = .unix(path: path)
    } else {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = isOpenToAll ? 0 : UInt32(0x7F00_0001).bigEndian
      precondition(Self.bind(descriptor, &address) == 0)
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let descriptor = descriptor
      withUnsafeMutableBytes(of: &address) {
        _ = getsockname(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
      }
      self.address = .tcp(host: isOpenToAll ? "0.0.0.0" : "127.0.0.1", port: UInt16(bigEndian: address.sin_port))
    }
    precondition(listen(descriptor, 64) == 0)
  }

  deinit {
    close(descriptor)
  }

  private static func bind<Address>(_ descriptor: Int32, _ address: inout Address) -> Int32 {
    withUnsafeBytes(of: address) {
      Glibc.bind(
        descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(MemoryLayout<Address>.size))
    }
  }
}
