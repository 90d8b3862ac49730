internal import Synchronization

/// How many connections are open, with a cap.
final class ConnectionCount: Sendable {
  enum Admission: Sendable {
    case accepted
    /// Over the cap, to be told so.
    case refused
    /// Over the cap by so much that telling would cost too much.
    case dropped
  }

  /// Connections beyond the cap that may be told at the same time.
  private static let refusedAtOnce = 64

  private struct Counts {
    var cap: Int
    var open = 0
    var refused = 0
    var rejectedTotal = 0
    var whenEmpty: [CheckedContinuation<Void, Never>] = []

    var isEmpty: Bool { open + refused == 0 }
  }

  private let counts: Mutex<Counts>

  init(cap: Int) {
    counts = Mutex(Counts(cap: cap))
  }

  /// Those over a lower cap stay.
  func setCap(_ cap: Int) {
    counts.withLock { $0.cap = cap }
  }

  var open: Int { counts.withLock { $0.open + $0.refused } }
  var rejectedTotal: Int { counts.withLock { $0.rejectedTotal } }

  /// What becomes of a new connection, which `remove` must be told of at its end unless it was dropped.
  func add() -> Admission {
    counts.withLock { counts in
      if counts.open < counts.cap {
        counts.open += 1
        return .accepted
      }
      counts.rejectedTotal += 1
      guard counts.refused < Self.refusedAtOnce else { return .dropped }
      counts.refused += 1
      return .refused
    }
  }

  func remove(_ admission: Admission) {
    let waiting = counts.withLock { counts in
      switch admission {
      case .accepted: counts.open -= 1
      case .refused: counts.refused -= 1
      case .dropped: break
      }
      guard counts.isEmpty else { return [CheckedContinuation<Void, Never>]() }
      defer { counts.whenEmpty = [] }
      return counts.whenEmpty
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Returns when none is open, at once if that is so.
  func waitUntilEmpty() async {
    await withCheckedContinuation { continuation in
      let isEmpty = counts.withLock { counts in
        if !counts.isEmpty { counts.whenEmpty.append(continuation) }
        return counts.isEmpty
      }
      if isEmpty { continuation.resume() }
    }
  }
}
