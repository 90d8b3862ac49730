import Configuration
import Testing

@testable import Daemon

/// Whether the sessions of a user lock.
struct DesktopSessionsTests {
  typealias Session = DesktopSessions.Session

  static let desktop = Session(isGraphical: true, lockedHint: false)
  static let shell = Session(isGraphical: false, lockedHint: false)
  var sessions = DesktopSessions()

  @Test mutating func `a locked desktop locks, and an unlocked one opens`() {
    sessions.update(["/1": Self.desktop])
    #expect(sessions.verdict == .open)
    sessions.note("/1", isLocked: true)
    #expect(sessions.verdict == .locked)
    sessions.note("/1", isLocked: false)
    #expect(sessions.verdict == .open)
  }

  @Test mutating func `a screen locker's own word counts without the signal`() {
    sessions.update(["/1": Self.desktop])
    sessions.note("/1", lockedHint: true)
    #expect(sessions.verdict == .locked)
    sessions.note("/1", lockedHint: false)
    #expect(sessions.verdict == .open)
  }

  @Test mutating func `a desktop that is locked when the daemon starts locks`() {
    sessions.update(["/1": Session(isGraphical: true, lockedHint: true)])
    #expect(sessions.verdict == .locked)
  }

  @Test mutating func `with two desktops the open one counts, and a shell beside a desktop does not`() {
    sessions.update(["/1": Self.desktop, "/2": Self.desktop, "/3": Self.shell])
    sessions.note("/1", isLocked: true)
    #expect(sessions.verdict == .open)
    sessions.note("/2", isLocked: true)
    #expect(sessions.verdict == .locked)
  }

  @Test mutating func `a shell alone can be locked, and its end locks nothing`() {
    sessions.update(["/1": Self.shell])
    sessions.note("/1", isLocked: true)
    #expect(sessions.verdict == .locked)
    sessions.update([:])
    #expect(sessions.verdict == .open)
  }

  @Test mutating func `the end of the last desktop locks until a session begins`() {
    sessions.update(["/1": Self.desktop])
    sessions.update([:])
    #expect(sessions.verdict == .ended)
    sessions.update([:])
    #expect(sessions.verdict == .ended)
    sessions.update(["/2": Self.desktop])
    #expect(sessions.verdict == .open)
  }

  @Test mutating func `a daemon without a session, as one that lingers, is open`() {
    sessions.update([:])
    #expect(sessions.verdict == .open)
  }

  @Test mutating func `after a time without the bus a locker's word counts, and a lock without one stays`() {
    sessions.update(["/1": Self.desktop, "/2": Self.desktop])
    sessions.note("/1", lockedHint: true)
    sessions.note("/2", isLocked: true)
    sessions.update(["/1": Self.desktop, "/2": Self.desktop])
    #expect(sessions.verdict == .open)
    sessions.note("/1", lockedHint: true)
    #expect(sessions.verdict == .locked)
  }

  @Test mutating func `each lock counts, so that one after an unlocking by hand locks again`() {
    sessions.update(["/1": Self.desktop])
    sessions.note("/1", isLocked: true)
    let count = sessions.lockCount
    sessions.note("/1", isLocked: true)
    #expect(sessions.lockCount > count)
  }

  @Test mutating func `what is said of other sessions changes nothing`() {
    sessions.update(["/1": Self.desktop])
    sessions.note("/2", isLocked: true)
    sessions.note("/2", lockedHint: true)
    #expect(sessions.verdict == .open)
    #expect(!sessions.contains("/2"))
  }

  struct DefaultCase: Sendable {
    var onLock: Configuration.OnLock?
    var environment: [String: String] = [:]
    var uid: UInt32 = 1000
    let isErasing: Bool?
  }

  @Test(arguments: [
    DefaultCase(environment: ["XDG_RUNTIME_DIR": "/run/user/1000"], isErasing: false),
    DefaultCase(
      environment: ["XDG_RUNTIME_DIR": "/run/user/1000", "RUNTIME_DIRECTORY": "/run/user/1000/fedbroker"],
      isErasing: false),
    DefaultCase(
      environment: ["XDG_RUNTIME_DIR": "/run/user/1000", "RUNTIME_DIRECTORY": "/run/fedbroker"], isErasing: nil),
    DefaultCase(environment: ["RUNTIME_DIRECTORY": "/run/fedbroker"], isErasing: nil),
    DefaultCase(environment: ["XDG_RUNTIME_DIR": "/run/user/0"], uid: 0, isErasing: nil),
    DefaultCase(isErasing: nil), DefaultCase(onLock: .refuse, isErasing: false),
    DefaultCase(onLock: .forget, uid: 0, isErasing: true),
    DefaultCase(onLock: .ignore, environment: ["XDG_RUNTIME_DIR": "/run/user/1000"], isErasing: nil),
  ])
  func `the desktop counts by default for a user's daemon only`(_ defaultCase: DefaultCase) {
    #expect(
      DesktopLock.isErasing(defaultCase.onLock, environment: defaultCase.environment, uid: defaultCase.uid)
        == defaultCase.isErasing)
  }

  @Test func `the pauses between attempts grow to five minutes`() {
    var pause = DesktopLock.Pause()
    let pauses = (0..<10).map { _ in pause.next() }
    #expect(pauses == [1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000])
  }
}
