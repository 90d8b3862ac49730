internal import CLinux
package import Clocks
internal import Glibc
internal import System

/// A client of a message bus that calls methods and waits for signals, on one thread, which it blocks.
///
/// It exports nothing: calls of others are not answered. Signals count from senders that are trusted only, since every user
/// of the machine can send a signal to everyone, whatever was subscribed to.
package struct BusClient: ~Copyable {
  /// The bus itself.
  package static let bus = "org.freedesktop.DBus"

  private let descriptor: Int32
  private let interrupt: BusInterrupt
  /// How long the bus may take to admit us, or to have a call answered, in milliseconds.
  private let patience: Milliseconds
  private var framing = BusFraming()
  private var lastSerial: UInt32 = 0
  /// What arrived and was not returned yet.
  private var arrived: ArraySlice<BusMessage> = []
  /// Unique names, and that of the bus.
  private var trusted: Set<String> = [bus]

  /// Connects to the first address that answers, and says hello.
  package static func connect(
    to addresses: [BusAddress], interrupt: BusInterrupt, patience: Milliseconds = 25_000
  ) throws(BusError) -> BusClient {
    var client = BusClient(connected: try open(addresses), interrupt: interrupt, patience: patience)
    try client.greet()
    return client
  }

  /// - Parameter descriptor: A connected socket, which is the client's from now on.
  init(connected descriptor: Int32, interrupt: BusInterrupt, patience: Milliseconds) {
    self.descriptor = descriptor
    self.interrupt = interrupt
    self.patience = patience
  }

  deinit { close(descriptor) }

  /// Counts signals of another sender as well, or no longer.
  package mutating func trust(_ sender: String, insteadOf former: String?) {
    if let former { trusted.remove(former) }
    trusted.insert(sender)
  }

  /// Authenticates as this process's user, and gets a name.
  mutating func greet() throws(BusError) {
    let deadline = KernelClock.monotonic + patience
    // The NUL is for credentials, which Linux takes from the socket (D-Bus Specification, "Authentication Protocol").
    try send([0] + Array("AUTH EXTERNAL \(Hexadecimal.encode("\(geteuid())".utf8))\r\n".utf8), until: deadline)
    var line: [UInt8] = []
    while line.suffix(2) != [UInt8(ascii: "\r"), UInt8(ascii: "\n")] {
      // A byte at a time: what follows the line are messages, which come only once we have begun.
      guard line.count < 256 else { throw .malformed("the answer to our name") }
      line += try receive(atMost: 1, until: deadline)
    }
    let answer = String(decoding: line.dropLast(2), as: UTF8.self)
    guard answer.hasPrefix("OK ") else { throw .refused(answer.printable) }
    try send(Array("BEGIN\r\n".utf8), until: deadline)
    _ = try call(Self.bus, path: "/org/freedesktop/DBus", interface: Self.bus, "Hello")
  }

  /// Calls a method, and returns what it returned; signals that arrive meanwhile wait for `nextSignal`.
  package mutating func call(
    _ destination: String, path: String, interface: String, _ member: String, _ arguments: String...
  ) throws(BusError) -> [BusValue] {
    let deadline = KernelClock.monotonic + patience
    lastSerial += 1
    let serial = lastSerial
    try send(
      BusMessage.call(
        serial: serial, destination: destination, path: path, interface: interface, member: member,
        arguments: arguments), until: deadline)
    while true {
      var answer: BusMessage?
      // Signals may have come with it.
      for message in try read(until: deadline) {
        if message.replySerial == serial, message.kind == .reply || message.kind == .error {
          answer = message
        } else {
          keep(message)
        }
      }
      guard let answer else { continue }
      guard answer.kind == .reply else { throw .answer((answer.errorName ?? "an error").printable) }
      return answer.body
    }
  }

  /// Has the bus send the signals that a rule matches.
  package mutating func subscribe(_ rule: String) throws(BusError) {
    _ = try call(Self.bus, path: "/org/freedesktop/DBus", interface: Self.bus, "AddMatch", rule)
  }

  /// Waits for the next signal of a trusted sender.
  package mutating func nextSignal() throws(BusError) -> BusMessage {
    while true {
      if let message = arrived.popFirst() { return message }
      for message in try read(until: nil) { keep(message) }
    }
  }

  private mutating func keep(_ message: BusMessage) {
    guard message.kind == .signal, let sender = message.sender, trusted.contains(sender) else { return }
    arrived.append(message)
  }

  private mutating func read(until deadline: Milliseconds?) throws(BusError) -> [BusMessage] {
    try framing.add(try receive(atMost: 16_384, until: deadline))
  }

  private func receive(atMost count: Int, until deadline: Milliseconds?) throws(BusError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    while true {
      try wait(for: Int16(POLLIN), until: deadline)
      let received: Int?
      do throws(SystemError) {
        received = try SystemError.checkUnlessBlocked("recv") {
          unsafe recv(descriptor, &buffer, count, Int32(MSG_DONTWAIT))
        }
      } catch { throw .system(error) }
      guard let received else { continue }
      guard received > 0 else { throw .ended }
      return Array(buffer.prefix(received))
    }
  }

  private func send(_ bytes: [UInt8], until deadline: Milliseconds) throws(BusError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      try wait(for: Int16(POLLOUT), until: deadline)
      let sent: Int?
      do throws(SystemError) {
        let bytes = Array(rest)
        sent = try SystemError.checkUnlessBlocked("send") {
          unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        }
      } catch { throw .system(error) }
      rest = rest.dropFirst(sent ?? 0)
    }
  }

  /// Waits until the socket can be read or written.
  private func wait(for events: Int16, until deadline: Milliseconds?) throws(BusError) {
    while true {
      var descriptors = [
        pollfd(fd: descriptor, events: events, revents: 0),
        pollfd(fd: interrupt.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      let left = deadline.map { Int32(clamping: max(0, $0 - KernelClock.monotonic)) } ?? -1
      let count = unsafe poll(&descriptors, 2, left)
      if count < 0 {
        guard errno == EINTR else { throw .system(.last("poll")) }
        continue
      }
      if descriptors[1].revents != 0 { throw .interrupted }
      guard count > 0 else { throw .timedOut }
      return
    }
  }

  private static func open(_ addresses: [BusAddress]) throws(BusError) -> Int32 {
    var failure = BusError.ended
    for address in addresses {
      do throws(SystemError) { return try open(address) } catch { failure = .system(error) }
    }
    throw failure
  }

  private static func open(_ address: BusAddress) throws(SystemError) -> Int32 {
    let descriptor = try SystemError.check("socket") {
      socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }
    // Against a bus whose queue is full.
    var longest = timeval(tv_sec: 25, tv_usec: 0)
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &longest, socklen_t(MemoryLayout<timeval>.size))
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    let bytes: [UInt8] =
      switch address {
      case .path(let path): Array(path.utf8) + [0]
      case .abstract(let text): [0] + Array(text.utf8)
      }
    guard bytes.count <= MemoryLayout.size(ofValue: name.sun_path) else {
      close(descriptor)
      throw SystemError(call: "connect", code: ENAMETOOLONG)
    }
    unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    do throws(SystemError) {
      _ = try unsafe withUnsafePointer(to: name) { (pointer) throws(SystemError) in
        try unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { (pointer) throws(SystemError) in
          try SystemError.check("connect") { unsafe Glibc.connect(descriptor, pointer, length) }
        }
      }
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }
}
