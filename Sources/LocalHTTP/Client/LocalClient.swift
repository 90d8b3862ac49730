internal import CLinux
internal import Clocks
internal import Glibc
package import Secrets
internal import System

/// Sends a request to a server on this machine over a new connection, and waits for the response.
///
/// For commands that send one request and end: it blocks, and needs no thread and no library.
package struct LocalClient: Sendable {
  /// An exchange that brought no response.
  package struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of the failure, for callers that act on it.
    package enum Reason: Sendable, Equatable {
      /// Nobody listens, or this user may not connect.
      case unreachable
      /// The user at the other end of a unix socket is not trusted.
      case untrustedPeer
      case timedOut
      /// The connection ended early, or the bytes are not a response.
      case badResponse
    }

    package let reason: Reason
    /// What went wrong, for people.
    package let description: String
  }

  /// The size limit of a response, in bytes; no response of our server is as large.
  package static let largestResponse = 1 << 20

  private let address: ListenAddress
  private let timeout: Int
  private let trustsPeer: @Sendable (_ uid: UInt32) -> Bool

  /// - Parameters:
  ///   - address: Where the server listens.
  ///   - timeout: Seconds for the whole exchange, at most 10⁹; 0 and less wait without end.
  ///   - trustsPeer: Whether the user at the other end of a unix socket may answer, by its number.
  package init(
    _ address: ListenAddress, timeout: Int, trustsPeer: @escaping @Sendable (_ uid: UInt32) -> Bool
  ) {
    self.address = address
    self.timeout = min(max(timeout, 0), 1_000_000_000)
    self.trustsPeer = trustsPeer
  }

  /// Sends a request without content for `target`, an absolute path with its query, percent-encoded.
  ///
  /// Names and values of fields must not hold line breaks.
  package func send(
    _ method: String, _ target: String, fields: [(name: String, value: Secret)] = []
  ) throws(Failure) -> LocalResponse {
    let deadline = timeout == 0 ? nil : KernelClock.monotonic + Int64(timeout) * 1000
    let socket = try connect(until: deadline)
    try checkPeer(of: socket)
    try send(request(method, target, fields), over: socket, until: deadline)
    let bytes = try receive(from: socket, until: deadline)
    do {
      return try LocalResponse(parsing: bytes, hasContent: method != "HEAD")
    } catch {
      throw Failure(reason: .badResponse, description: error.description)
    }
  }

  /// The `Host` that requests name.
  package var authority: String {
    if case .tcp = address { address.description } else { "localhost" }
  }

  private func request(_ method: String, _ target: String, _ fields: [(name: String, value: Secret)]) -> Secret {
    Secret(capacity: 1024) { request in
      // RFC 9112 §9.6: the connection then ends with the response, which can be read to the end.
      request.append("\(method) \(target) HTTP/1.1\r\nHost: \(authority)\r\nConnection: close\r\n")
      // RFC 9110 §8.6 asks for it with a POST without content.
      if method == "POST" { request.append("Content-Length: 0\r\n") }
      for field in fields {
        request.append("\(field.name): ")
        request.append(field.value)
        request.append("\r\n")
      }
      request.append("\r\n")
    }
  }

  private func connect(until deadline: Int64?) throws(Failure) -> Socket {
    guard let target = SocketAddress(address) else {
      throw Failure(reason: .unreachable, description: "there is no such address")
    }
    let socket = try call(otherwise: .unreachable) { () throws(SystemError) in try Socket(connectingTo: target) }
    try wait(for: socket, POLLOUT, until: deadline)
    try call(otherwise: .unreachable) { () throws(SystemError) in
      let code = try socket.option(SOL_SOCKET, SO_ERROR)
      guard code == 0 else { throw SystemError(call: "connect", code: code) }
    }
    return socket
  }

  private func call<Result>(
    otherwise reason: Failure.Reason, _ body: () throws(SystemError) -> Result
  ) throws(Failure) -> Result {
    do { return try body() } catch { throw Failure(reason: reason, description: error.description) }
  }

  /// Any user can put a socket where a daemon's is expected, if the directory allows it.
  private func checkPeer(of socket: Socket) throws(Failure) {
    guard case .unix = address else { return }
    let uid = try call(otherwise: .unreachable) { () throws(SystemError) in try socket.peerCredentials().uid }
    guard trustsPeer(uid) else {
      throw Failure(reason: .untrustedPeer, description: "user \(uid) listens there, who is not trusted")
    }
  }

  private func send(_ request: Secret, over socket: Socket, until deadline: Int64?) throws(Failure) {
    try unsafe request.withUnsafeBytes { (bytes) throws(Failure) in
      var rest = unsafe bytes
      while unsafe !rest.isEmpty {
        try wait(for: socket, POLLOUT, until: deadline)
        let count = try call(otherwise: .badResponse) { () throws(SystemError) in
          try unsafe socket.send(rest, UnsafeRawBufferPointer(start: nil, count: 0)) ?? 0
        }
        unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
      }
    }
  }

  private func receive(from socket: Socket, until deadline: Int64?) throws(Failure) -> Secret {
    try Secret(capacity: 8192) { (builder) throws(Failure) in
      var isAtEnd = false
      while !isAtEnd {
        try wait(for: socket, POLLIN, until: deadline)
        try unsafe builder.append(capacity: 8192) { (room) throws(Failure) in
          let count = try call(otherwise: .badResponse) { () throws(SystemError) in
            try unsafe socket.read(into: room)
          }
          isAtEnd = count == 0
          return count ?? 0
        }
        guard builder.count <= Self.largestResponse else {
          throw Failure(reason: .badResponse, description: "the response is larger than 1 MiB")
        }
      }
    }
  }

  private func wait(for socket: Socket, _ events: Int32, until deadline: Int64?) throws(Failure) {
    while true {
      let rest = deadline.map { max(0, $0 - KernelClock.monotonic) }
      var descriptor = pollfd(fd: socket.descriptor, events: Int16(events), revents: 0)
      let count = unsafe poll(&descriptor, 1, rest.map { Int32(min($0, Int64(Int32.max))) } ?? -1)
      if count > 0 { return }
      guard count == 0 || errno == EINTR else {
        throw Failure(reason: .badResponse, description: SystemError.last("poll").description)
      }
      if let deadline, KernelClock.monotonic >= deadline {
        throw Failure(reason: .timedOut, description: "no response within \(timeout) s")
      }
    }
  }
}

extension Socket {
  /// Begins to connect.
  fileprivate convenience init(connectingTo target: SocketAddress) throws(SystemError) {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    self.init(adopting: try SystemError.check("socket") { socket(target.family, type, 0) })
    try unsafe target.withPointer { (pointer, length) throws(SystemError) in
      guard unsafe connect(descriptor, pointer, length) == 0 || errno == EINPROGRESS else { throw .last("connect") }
    }
  }
}
