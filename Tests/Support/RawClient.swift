internal import CLinux
internal import Dispatch
internal import Glibc
package import LocalHTTP

/// A client that sends exactly the bytes it is told to, and blocks until what it waits for is there.
///
/// Every wait ends with an error after `timeout`, so that a test fails rather than hangs.
///
/// `@unchecked Sendable`: for one thread at a time, to which a test hands it.
package final class RawClient: @unchecked Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String

    /// Whether the peer has reset the connection.
    package let isReset: Bool

    package init(_ description: String, isReset: Bool = false) {
      self.description = description
      self.isReset = isReset
    }
  }

  /// One response as it was on the wire.
  package struct Response: Sendable {
    package let statusLine: String
    /// Names in lower case, in their order.
    package let fields: [(name: String, value: String)]
    package let body: [UInt8]

    package var status: Int { Int(statusLine.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The first field of that name, which is in lower case.
    package func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }
  }

  private let descriptor: Int32
  private var received: [UInt8] = []

  /// Connects to `address`; `timeout` is in seconds and counts for each wait.
  ///
  /// `receiveBuffer` makes the kernel hold no more than about that many bytes for a client that does not read.
  package init(_ address: ListenAddress, timeout: Int = 120, receiveBuffer: Int32? = nil) throws {
    let family =
      switch address {
      case .tcp(let host, _): host.contains(":") ? AF_INET6 : AF_INET
      case .unix: AF_UNIX
      }
    descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Failure("socket: errno \(errno)") }
    var time = timeval(tv_sec: timeout, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    if var receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
    }
    try connect(address)
  }

  deinit {
    close(descriptor)
  }

  /// Runs `body` with a client on a thread of its own: a test that blocked one of the few threads of the concurrency pool
  /// would keep the server's tasks from running.
  package static func with<Result: Sendable>(
    _ address: ListenAddress, timeout: Int = 120, receiveBuffer: Int32? = nil,
    _ body: @escaping @Sendable (RawClient) throws -> Result
  ) async throws -> Result {
    try await onThread { try body(RawClient(address, timeout: timeout, receiveBuffer: receiveBuffer)) }
  }

  /// Runs `body`, which may block, on a thread of its own.
  package static func onThread<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue(label: "RawClient").async {
        continuation.resume(with: Swift.Result { try body() })
      }
    }
  }

  /// Starts `body` on a thread of its own, so that the test can go on meanwhile.
  package static func onThreadTask<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
  ) -> Task<Result, any Error> {
    Task { try await onThread(body) }
  }

  package func send(_ text: String) throws {
    try send(Array(text.utf8))
  }

  package func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Failure("send: errno \(errno)") }
      sent += count
    }
  }

  /// Tells the server that no more comes.
  package func finishSending() {
    shutdown(descriptor, Int32(SHUT_WR))
  }

  /// Reads one response with `Content-Length`; `hasBody` is false for the answer to a `HEAD`.
  package func readResponse(hasBody: Bool = true) throws -> Response {
    let head = try read(through: Array("\r\n\r\n".utf8))
    let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
    let fields = lines.dropFirst().map { line in
      let colon = line.firstIndex(of: ":") ?? line.endIndex
      return (name: line[..<colon].lowercased(), value: String(line[colon...].dropFirst().drop { $0 == " " }))
    }
    let length = fields.first { $0.name == "content-length" }.flatMap { Int($0.value) } ?? 0
    let body = try read(count: hasBody ? length : 0)
    return Response(statusLine: String(lines.first ?? ""), fields: fields, body: body)
  }

  package func read(count: Int) throws -> [UInt8] {
    while received.count < count {
      guard try receive() else { throw Failure("closed after \(received.count) of \(count) bytes") }
    }
    return take(count)
  }

  /// Reads up to and with `end`.
  package func read(through end: [UInt8]) throws -> [UInt8] {
    var searched = 0
    while true {
      while searched + end.count <= received.count {
        if received[searched..<(searched + end.count)].elementsEqual(end) { return take(searched + end.count) }
        searched += 1
      }
      guard try receive() else {
        throw Failure("closed after “\(String(decoding: received, as: UTF8.self))”")
      }
    }
  }

  /// Reads until the server closes in good order; a reset throws.
  package func readToEnd() throws -> [UInt8] {
    while try receive() {}
    return take(received.count)
  }

  private func take(_ count: Int) -> [UInt8] {
    defer { received.removeFirst(count) }
    return Array(received[..<count])
  }

  private func receive() throws -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count >= 0 else {
      throw Failure(errno == EAGAIN ? "nothing came in time" : "recv: errno \(errno)", isReset: errno == ECONNRESET)
    }
    received.append(contentsOf: buffer[..<count])
    return count > 0
  }

  private func connect(_ address: ListenAddress) throws {
    let result: Int32
    switch address {
    case .tcp(let host, let port) where host.contains(":"):
      var target = sockaddr_in6()
      target.sin6_family = sa_family_t(AF_INET6)
      target.sin6_port = port.bigEndian
      inet_pton(AF_INET6, host, &target.sin6_addr)
      result = connect(&target)
    case .tcp(let host, let port):
      var target = sockaddr_in()
      target.sin_family = sa_family_t(AF_INET)
      target.sin_port = port.bigEndian
      inet_pton(AF_INET, host, &target.sin_addr)
      result = connect(&target)
    case .unix(let path):
      var target = sockaddr_un()
      target.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: path.utf8) }
      result = connect(&target)
    }
    guard result == 0 else { throw Failure("connect to \(address): errno \(errno)") }
  }

  private func connect<Address>(_ address: inout Address) -> Int32 {
    withUnsafeBytes(of: &address) { bytes in
      Glibc.connect(
        descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
    }
  }
}
