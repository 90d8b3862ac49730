internal import CLinux
internal import Glibc
internal import Synchronization

/// A server on 127.0.0.1 or a unix socket that does with each connection what a test's script says.
package final class LoopbackServer: Sendable {
  package let port: UInt16
  private let listener: Listener
  private let log: Log

  /// The listening socket, which is touched no more once it is closed: its number may be another file's by then.
  private final class Listener: Sendable {
    private let descriptor: Mutex<Int32?>

    init(_ descriptor: Int32) { self.descriptor = Mutex(descriptor) }

    /// Ends listening at once, and wakes `accept`.
    func shutDown() {
      descriptor.withLock { descriptor in
        if let descriptor { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
      }
    }

    func closeDescriptor() {
      descriptor.withLock { descriptor in
        if let number = descriptor { close(number) }
        descriptor = nil
      }
    }
  }

  /// What arrived, shared with the connections.
  fileprivate final class Log: Sendable {
    let requests = Mutex<[String]>([])
    let connectionCount = Mutex(0)
  }

  /// - Parameters:
  ///   - host: Of 127.0.0.0/8.
  ///   - port: 0 picks a free one.
  ///   - script: Runs once for each connection, on a thread where it may block; its end closes the connection.
  package convenience init(
    host: UInt32 = 0x7F00_0001, port: UInt16 = 0, _ script: @escaping @Sendable (Connection) -> Void
  ) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var reuse: Int32 = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = host.bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        precondition(bind(listener, address, size) == 0)
        precondition(getsockname(listener, address, &size) == 0)
      }
    }
    self.init(bound: listener, port: UInt16(bigEndian: address.sin_port), script)
  }

  /// Listens on a unix socket.
  package convenience init(path: String, _ script: @escaping @Sendable (Connection) -> Void) {
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        precondition(bind(listener, address, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0)
      }
    }
    self.init(bound: listener, port: 0, script)
  }

  private init(bound listener: Int32, port: UInt16, _ script: @escaping @Sendable (Connection) -> Void) {
    precondition(listen(listener, 16) == 0)
    let log = Log()
    let owner = Listener(listener)
    self.listener = owner
    self.log = log
    self.port = port
    Self.onThread {
      while true {
        // Close-on-exec from its first moment: a child that another test starts meanwhile would keep the connection open.
        let descriptor = fedbroker_accept(listener, nil, nil)
        guard descriptor >= 0, fcntl(descriptor, F_SETFL, 0) == 0 else { break }
        log.connectionCount.withLock { $0 += 1 }
        Self.onThread {
          script(Connection(descriptor: descriptor, log: log))
          close(descriptor)
        }
      }
      owner.closeDescriptor()
    }
  }

  deinit { stop() }

  /// Frees the address.
  package func stop() { listener.shutDown() }

  /// Runs `body` on a thread of its own, since Dispatch's are too few to block fifty of them.
  private static func onThread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, Unmanaged.passRetained(Box(body)).toOpaque())
    precondition(failure == 0)
    pthread_detach(thread)
  }

  package var url: String { "http://127.0.0.1:\(port)" }

  /// The requests read so far, each as it came.
  package var requests: [String] { log.requests.withLock { $0 } }

  package var connectionCount: Int { log.connectionCount.withLock { $0 } }

  package struct Connection: Sendable {
    package let descriptor: Int32
    fileprivate let log: Log

    /// Reads to the end of a header and of the body that `Content-Length` announces; `nil` when the client is gone.
    package func readRequest() -> String? {
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        let text = String(decoding: bytes, as: UTF8.self)
        if let end = text.range(of: "\r\n\r\n") {
          let length = text.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
            .flatMap { Int($0.split(separator: ":")[1].drop { $0 == " " }) }
          if text[end.upperBound...].utf8.count >= length ?? 0 {
            log.requests.withLock { $0.append(text) }
            return text
          }
        }
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        bytes += buffer[..<count]
      }
    }

    /// `false` when the client is gone.
    @discardableResult
    package func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    /// `false` when the client is gone.
    @discardableResult
    package func write(_ bytes: [UInt8]) -> Bool {
      var sent = 0
      while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard count > 0 else { return false }
        sent += count
      }
      return true
    }

    /// Sends a response whose length is announced.
    package func respond(_ body: String, status: String = "200 OK", fields: String = "") {
      write("HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// Makes closing send a reset instead of an end.
    package func resetOnClose() {
      var option = linger(l_onoff: 1, l_linger: 0)
      setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// Sends a text byte by byte, with a pause before each; returns early when the client closes.
    package func drip(_ text: String, every milliseconds: Int32) {
      for byte in text.utf8 {
        var client = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&client, 1, milliseconds) == 0, write(String(decoding: [byte], as: UTF8.self)) else { return }
      }
    }

    /// Returns when the client closes.
    package func waitForClose() {
      var buffer = [UInt8](repeating: 0, count: 4096)
      while recv(descriptor, &buffer, buffer.count, 0) > 0 {}
    }
  }
}

extension String {
  fileprivate func range(of text: String) -> Range<String.Index>? {
    // Line ends are one `Character` in Swift, so bytes are compared.
    let wanted = Array(text.utf8)
    var start = utf8.startIndex
    while let end = utf8.index(start, offsetBy: wanted.count, limitedBy: utf8.endIndex) {
      if utf8[start..<end].elementsEqual(wanted) { return start..<end }
      start = utf8.index(after: start)
    }
    return nil
  }
}
