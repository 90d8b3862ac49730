internal import DBus
internal import Glibc

/// The sessions of this process's user as systemd-logind tells them (org.freedesktop.login1(5)), on one connection to the
/// system's bus.
struct LoginManager: ~Copyable {
  private static let name = "org.freedesktop.login1"
  private static let path = "/org/freedesktop/login1"
  private static let manager = "org.freedesktop.login1.Manager"
  private static let session = "org.freedesktop.login1.Session"
  private static let properties = "org.freedesktop.DBus.Properties"

  /// What has changed, as far as it concerns the lock.
  struct News: Equatable {
    var verdict: DesktopSessions.Verdict
    var lockCount: Int
    var isGoingToSleep: Bool
  }

  private var client: BusClient
  private let uid: Int64
  private var sessions: DesktopSessions
  private var isGoingToSleep = false
  /// The unique name of logind; `nil` while it does not run.
  private var owner: String?

  private init(_ client: consuming BusClient, uid: UInt32, known: DesktopSessions) {
    self.client = client
    self.uid = Int64(uid)
    sessions = known
  }

  /// Connects, and asks for what is.
  ///
  /// - Parameter known: What was known on the connection before.
  static func connect(
    to addresses: [BusAddress], interrupt: BusInterrupt, uid: UInt32 = geteuid(), known: DesktopSessions
  ) throws(BusError) -> LoginManager {
    var manager = LoginManager(
      try BusClient.connect(to: addresses, interrupt: interrupt), uid: uid, known: known)
    try manager.subscribe()
    return manager
  }

  private mutating func subscribe() throws(BusError) {
    try client.subscribe(
      "type='signal',sender='\(BusClient.bus)',member='NameOwnerChanged',arg0='\(Self.name)'")
    // The bus compares the sender with the owner of the name; what others send to us alone is not compared.
    for rule in [
      "interface='\(Self.manager)'", "interface='\(Self.session)'",
      "interface='\(Self.properties)',path_namespace='\(Self.path)/session'",
    ] {
      try client.subscribe("type='signal',sender='\(Self.name)',\(rule)")
    }
    do throws(BusError) {
      // Starts it where it does not run yet.
      try readSessions()
      try follow(
        try client.call(
          BusClient.bus, path: "/org/freedesktop/DBus", interface: BusClient.bus, "GetNameOwner", Self.name
        ).first?.text)
    } catch .answer(_) {
      // It is not installed, or cannot run: it may come later.
    }
  }

  /// Whether logind runs.
  var isPresent: Bool { owner != nil }

  /// What is known, for the connection after this one.
  var known: DesktopSessions { sessions }

  /// What is so now.
  var news: News { News(verdict: sessions.verdict, lockCount: sessions.lockCount, isGoingToSleep: isGoingToSleep) }

  /// Waits until something may have changed.
  mutating func wait() throws(BusError) {
    let signal = try client.nextSignal()
    guard let member = signal.member, let path = signal.path else { return }
    do throws(BusError) {
      switch (signal.interface, member) {
      case (BusClient.bus, "NameOwnerChanged"):
        guard signal.sender == BusClient.bus, signal.body.first?.text == Self.name else { return }
        try follow(signal.body.last?.text)
      case (_, _) where signal.sender == BusClient.bus: return
      case (Self.manager, "SessionNew"), (Self.manager, "SessionRemoved"): try readSessions()
      case (Self.manager, "PrepareForSleep"): isGoingToSleep = signal.body.first?.boolean ?? isGoingToSleep
      case (Self.session, "Lock"): sessions.note(path, isLocked: true)
      case (Self.session, "Unlock"): sessions.note(path, isLocked: false)
      case (Self.properties, "PropertiesChanged") where sessions.contains(path):
        guard let changed = signal.body.dropFirst().first?.properties else { return }
        if let hint = changed["LockedHint"]?.boolean { sessions.note(path, lockedHint: hint) }
        // A session is given its type and class in its course as well.
        if changed["Type"] != nil || changed["Class"] != nil { try readSessions() }
      default: return
      }
    } catch .answer(_) {
      // A session may end while it is asked for; its end is the next signal.
    }
  }

  /// Takes another process for logind, and asks it anew.
  private mutating func follow(_ name: String?) throws(BusError) {
    let former = owner
    owner = name.flatMap { $0.isEmpty ? nil : $0 }
    guard let owner else { return }
    client.trust(owner, insteadOf: former)
    try readSessions()
    let answer = try client.call(
      Self.name, path: Self.path, interface: Self.properties, "Get", Self.manager, "PreparingForSleep")
    isGoingToSleep = answer.first?.content?.boolean ?? false
  }

  /// Whether a class of sessions is of a person, not of a user's service manager, a greeter or cron (pam_systemd(8)).
  private static func isPerson(_ name: String?) -> Bool { ["user", "user-early", "user-light"].contains(name) }

  private mutating func readSessions() throws(BusError) {
    let listed = try client.call(Self.name, path: Self.path, interface: Self.manager, "ListSessions")
    var own: [String: DesktopSessions.Session] = [:]
    for entry in listed.first?.array ?? [] {
      guard let members = entry.structure, members.count == 5, members[1].integer == uid, let path = members[4].text
      else { continue }
      do throws(BusError) {
        let properties = try client.call(
          Self.name, path: path, interface: Self.properties, "GetAll", Self.session
        ).first?.properties
        guard let properties, Self.isPerson(properties["Class"]?.text), properties["State"]?.text != "closing" else {
          continue
        }
        own[path] = DesktopSessions.Session(
          isGraphical: ["x11", "wayland", "mir"].contains(properties["Type"]?.text),
          lockedHint: properties["LockedHint"]?.boolean ?? false)
      } catch .answer(_) {
        continue
      }
    }
    sessions.update(own)
  }
}
