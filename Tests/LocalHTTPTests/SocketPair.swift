import Glibc
import System

@testable import LocalHTTP

/// Two sockets that are connected: one for what is tested, and its other end.
struct SocketPair: Sendable {
  let near: Socket
  private let far: Socket

  init() throws {
    var descriptors: [Int32] = [-1, -1]
    _ = try SystemError.check("socketpair") {
      socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &descriptors)
    }
    (near, far) = (Socket(adopting: descriptors[0]), Socket(adopting: descriptors[1]))
    _ = try SystemError.check("fcntl") { fcntl(near.descriptor, F_SETFL, O_NONBLOCK) }
  }

  func send(_ text: String) {
    write(far.descriptor, text, text.utf8.count)
  }

  /// What comes until the other end is closed; blocks.
  func readToEnd() -> String {
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = read(far.descriptor, &buffer, buffer.count), count > 0 { received += buffer[..<count] }
    return String(decoding: received, as: UTF8.self)
  }
}
