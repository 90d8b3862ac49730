internal import Clocks
internal import Glibc

/// Notifies the service manager about the state of the service (sd_notify(3)).
///
/// Without a service manager it does nothing, such as in a terminal or a container.
struct ServiceManager: Sendable {
  private let address: sockaddr_un?
  private let addressLength: socklen_t
  /// The interval of the watchdog; `nil` if there is none.
  let watchdogInterval: Duration?

  /// Looks at `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` (sd_watchdog_enabled(3)).
  init(environment: [String: String], processID: Int32 = getpid()) {
    (address, addressLength) = Self.address(environment["NOTIFY_SOCKET"] ?? "")
    let isMeant = environment["WATCHDOG_PID"].map { $0 == "\(processID)" } ?? true
    let interval = environment["WATCHDOG_USEC"].flatMap(Int64.init) ?? 0
    // A longer interval than a day is as good as a day, and its half can be slept.
    watchdogInterval = isMeant && interval > 0 ? .microseconds(min(interval, 86_400_000_000)) : nil
  }

  var isPresent: Bool { address != nil }

  func status(_ status: String) { send("STATUS=\(status)") }

  func ready(status: String) { send("READY=1\nSTATUS=\(status)") }

  /// Sends the time as well, which tells this reload from an earlier one (systemd.service(5), `notify-reload`).
  func reloading() {
    send("RELOADING=1\nMONOTONIC_USEC=\(KernelClock.monotonicNanoseconds / 1000)")
  }

  func stopping() { send("STOPPING=1\nSTATUS=Finishing requests under way") }

  func alive() { send("WATCHDOG=1") }

  /// Returns an absolute path, or `@` and a name in the abstract namespace (unix(7)); anything else is ignored.
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

  /// Errors are ignored: a service does not fail because nobody listens.
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
