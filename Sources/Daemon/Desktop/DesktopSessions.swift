/// What is known of the sessions of one user, and whether they lock the tokens.
///
/// Pure: the signals and properties of logind come in, a verdict comes out.
struct DesktopSessions: Sendable {
  /// A session as logind describes it.
  struct Session: Sendable, Equatable {
    /// Whether a person sits before a screen (`x11`, `wayland`, `mir`), unlike in a shell.
    var isGraphical: Bool
    /// What the screen locker says, where it says it.
    var lockedHint: Bool
  }

  /// Whether the sessions lock, and why.
  enum Verdict: Sendable, Equatable {
    case open
    case locked
    /// The last desktop has ended, and no session has come since.
    case ended
  }

  private struct State {
    var session: Session
    var isLocked: Bool
    /// Whether the screen locker of this session has ever said that it is locked: then what it says counts.
    var hasHint: Bool
  }

  /// By their object paths.
  private var states: [String: State] = [:]
  private var hasEnded = false
  /// How often a session was locked so far: one that is locked again, after a person has unlocked by hand, locks again.
  private(set) var lockCount = 0

  /// While any desktop is open, or any shell where there is no desktop, a person is there who is signed in.
  var verdict: Verdict {
    let desktops = states.values.filter(\.session.isGraphical)
    let sessions = desktops.isEmpty ? Array(states.values) : desktops
    guard !sessions.isEmpty else { return hasEnded ? .ended : .open }
    return sessions.allSatisfy(\.isLocked) ? .locked : .open
  }

  /// Takes note of all sessions that there are now.
  mutating func update(_ sessions: [String: Session]) {
    let hadDesktop = states.values.contains(where: \.session.isGraphical)
    states = sessions.reduce(into: [:]) { states, entry in
      let (path, session) = entry
      var state = self.states[path] ?? State(session: session, isLocked: session.lockedHint, hasHint: false)
      state.session = session
      states[path] = state
      // A locker that says nothing may have locked by `Lock` alone.
      if session.lockedHint || state.hasHint { states[path]?.isLocked = session.lockedHint }
      if session.lockedHint { states[path]?.hasHint = true }
    }
    if states.isEmpty, hadDesktop { hasEnded = true }
    if !states.isEmpty { hasEnded = false }
  }

  /// Takes note of `Lock` or `Unlock`.
  mutating func note(_ path: String, isLocked: Bool) {
    states[path]?.isLocked = isLocked
    if isLocked { lockCount += 1 }
  }

  /// Takes note of what the screen locker of a session says.
  mutating func note(_ path: String, lockedHint: Bool) {
    states[path]?.session.lockedHint = lockedHint
    states[path]?.isLocked = lockedHint
    if lockedHint {
      states[path]?.hasHint = true
      lockCount += 1
    }
  }

  func contains(_ path: String) -> Bool { states[path] != nil }
}
