internal import Configuration
internal import DBus
internal import Dispatch
internal import Glibc
internal import LocalAPI
internal import Logging
internal import Synchronization
internal import System

/// Locks the tokens with the desktop's sessions of the daemon's own user.
///
/// Waits for signals of the bus on a thread of its own, and wakes up for nothing else. A bus that cannot be used is said
/// once, and asked again after growing pauses; what it said last stays in force meanwhile.
final class DesktopLock: Sendable {
  private let interrupt: BusInterrupt
  private let lock: TokenLock
  private let isErasing: Atomic<Bool>
  private let logger: Logger
  /// One for the process: a successor begins when its predecessor has ended.
  private static let queue = DispatchQueue(label: "fedbroker.desktop")

  /// Starts to follow the sessions.
  ///
  /// - Parameters:
  ///   - isErasing: Whether a lock erases the tokens.
  ///   - isExpected: Whether the configuration asks for it by name, so that a bus that is missing is a fault.
  init(
    _ lock: TokenLock, isErasing: Bool, isExpected: Bool, environment: [String: String], logger: Logger
  ) throws(SystemError) {
    interrupt = try BusInterrupt()
    self.lock = lock
    self.isErasing = Atomic(isErasing)
    self.logger = logger
    let address = environment["DBUS_SYSTEM_BUS_ADDRESS"]
    Self.queue.async { [self] in run(address, level: isExpected ? .warning : .info) }
  }

  /// Says whether the locks to come erase the tokens.
  func setErasing(_ isErasing: Bool) { self.isErasing.store(isErasing, ordering: .relaxed) }

  /// Follows them no longer, and unlocks what they have locked.
  func stop() {
    interrupt.interrupt()
    Self.queue.async { [lock] in
      for cause in [LockState.Cause.session, .sleep, .sessionEnd] { lock.end(cause) }
    }
  }

  /// Returns what is to be done in a configuration; `nil` where the sessions do not matter.
  ///
  /// - Parameters:
  ///   - environment: Tells a daemon of a desktop's user, whose runtime directory logind makes, from a service of the
  ///     system.
  static func isErasing(
    _ onLock: Configuration.OnLock?, environment: [String: String], uid: UInt32 = geteuid()
  ) -> Bool? {
    switch onLock {
    case .refuse: return false
    case .forget: return true
    case .ignore: return nil
    case nil:
      guard uid != 0, let user = environment["XDG_RUNTIME_DIR"], user.hasPrefix("/") else { return nil }
      let service = environment["RUNTIME_DIRECTORY"]
      return service == nil || service?.hasPrefix(user + "/") == true ? false : nil
    }
  }

  private func run(_ address: String?, level: Logger.Level) {
    var known = DesktopSessions()
    var pause = Pause()
    var said: BusError?
    var applied: LoginManager.News?
    while true {
      do throws(BusError) {
        var manager = try LoginManager.connect(
          to: try address.map { (text) throws(BusError) in try BusAddress.all(in: text) } ?? [.system],
          interrupt: interrupt, known: known)
        defer { known = manager.known }
        logger.info("the desktop's session is followed")
        if !manager.isPresent { logger.log(level: level, "systemd-logind does not run: no session of a desktop locks") }
        while true {
          if manager.news != applied { apply(manager.news) }
          applied = manager.news
          try manager.wait()
          // Only now: one that ends each connection at once is not to be asked each second.
          (said, pause) = (nil, Pause())
        }
      } catch .interrupted {
        return
      } catch {
        if said == nil {
          logger.log(
            level: level, "the desktop's session is not followed: fedbroker goes on, and tries again",
            metadata: ["reason": "\(error)"])
        }
        said = error
      }
      if interrupt.isInterrupted(within: pause.next()) { return }
    }
  }

  private func apply(_ news: LoginManager.News) {
    let wanted: [LockState.Cause: Bool] = [
      .session: news.verdict == .locked, .sessionEnd: news.verdict == .ended, .sleep: news.isGoingToSleep,
    ]
    // First those that lock, so that nothing is given between two of them.
    for (cause, isLocked) in wanted where isLocked { lock.lock(cause, isErasing: isErasing.load(ordering: .relaxed)) }
    for (cause, isLocked) in wanted where !isLocked { lock.end(cause) }
  }

  /// The pauses between attempts: a second, twice that, and so on to five minutes.
  struct Pause {
    private var milliseconds: Int32 = 1000

    mutating func next() -> Int32 {
      defer { milliseconds = min(2 * milliseconds, 300_000) }
      return milliseconds
    }
  }
}
