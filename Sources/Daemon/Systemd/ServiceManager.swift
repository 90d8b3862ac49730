internal import Clocks
internal import Glibc

/// Tells the service manager how the service fares (sd_notify(3)).
///
/// Without one, nothing is told and nothing fails: the daemon runs the same in a terminal or a container.
struct ServiceManager: Sendable {
  private let address: sockaddr_un?
  private let addressLength: socklen_t
  /// How often the watchdog wants to hear of us, `nil` if there is none.
  let watchdogInterval: Duration?

  /// Looks at `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` (sd_watchdog_enabled(3)).
  init(environment: [String: String], processID: Int32 = getpid()) {
    (address, addressLength) = Self.address(environment["NOTIFY_SOCKET"] ?? "")
    let isMeant = environment["WATCHDOG_PID"].map { $0 == "\(processID)" } ?? true
    let interval = environment["WATCHDOG_USEC"].flatMap(Int64.init) ?? 0
    watchdogInterval = isMeant && interval > 0 ? .microseconds(interval) : nil
  }

  func ready(status: String) { send("READY=1\nSTATUS=\(status)") }

  /// The time tells this reload's end from that of an earlier one (systemd.service(5), `notify-reload`).
  func reloading() {
    send("RELOADING=1\nMONOTONIC_USEC=\(KernelClock.monotonicNanoseconds / 1000)")
  }

  func stopping() { send("STOPPING=1\nSTATUS=Finishing requests under way") }

  func alive() { send("WATCHDOG=1") }

  /// An absolute path, or `@` and a name in the abstract namespace (unix(7)); anything else is nobody's socket.
  private static func address(_ name: String) -> (sockaddr_un?, socklen_t) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(name.utf8)
    guard name.hasPrefix("/") || name.hasPrefix("@"),
      2..<MemoryLayout.size(ofValue: address.sun_path) ~= bytes.count
    else { return (nil, 0) }
    withUnsafeMutableBytes(of: &address.sun_path) { path in
      path.copyBytes(from: bytes)
      if name.hasPrefix("@") { path[0] = 0 }
    }
    let pathOffset = MemoryLayout.size(ofValue: address.sun_family)
    return (address, socklen_t(pathOffset + bytes.count))
  }

  /// What cannot be delivered is lost: a service does not fail because nobody listens.
  private func send(_ state: String) {
    guard var address else { return }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let bytes = Array(state.utf8)
    _ = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), pointer, addressLength)
      }
    }
  }
}
