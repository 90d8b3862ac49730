internal import Synchronization

/// Who holds a place, as far as the kernel tells.
private enum PlaceHolder: Hashable {
  case user(UInt32)
  /// Another machine; the port is 0.
  case host(TCPEndpoint)
  /// A program of this machine whose user the kernel does not name.
  case unknown

  /// Asks the kernel where that was not done before.
  init(_ client: Client) {
    switch client.transport {
    case .unix(let uid, _): self = .user(uid)
    case .tcp:
      if let uid = client.uid {
        self = .user(uid)
      } else if let peer = client.peer, !peer.isLoopback {
        self = .host(peer.with(port: 0))
      } else {
        self = .unknown
      }
    }
  }
}

/// How many connections are open, with a cap for all and one for each user.
final class ConnectionCount: Sendable {
  enum Admission: Sendable, Equatable {
    case accepted
    /// Over a cap, to be told so.
    case refused
    /// Over a cap by so much that telling would cost too much.
    case dropped
  }

  /// Connections beyond the cap that may be told at the same time.
  private static let refusedAtOnce = 64

  private struct Counts {
    var cap: Int
    /// `nil` stands for a quarter of `cap`.
    var userCap: Int?
    var open = 0
    /// Those whose holder was not needed so far: while no more are open than one user may have, nobody has too many.
    var unnamed: [ObjectIdentifier: Client] = [:]
    var named: [PlaceHolder: Int] = [:]
    var refused = 0
    var rejectedTotal = 0
    var whenEmpty: [CheckedContinuation<Void, Never>] = []

    var isEmpty: Bool { open + refused == 0 }
    var share: Int { userCap ?? max(1, cap / 4) }

    mutating func name(_ clients: [(Client, PlaceHolder)]) {
      for (client, holder) in clients where unnamed.removeValue(forKey: ObjectIdentifier(client)) != nil {
        named[holder, default: 0] += 1
      }
    }

    mutating func refuse() -> Admission {
      rejectedTotal += 1
      guard refused < ConnectionCount.refusedAtOnce else { return .dropped }
      refused += 1
      return .refused
    }
  }

  private let counts: Mutex<Counts>
  private let exemptUsers: Set<UInt32>

  /// - Parameter exemptUsers: Users who may have the whole cap unless `userCap` is set: those who could stop the server.
  init(cap: Int, userCap: Int? = nil, exemptUsers: Set<UInt32> = []) {
    counts = Mutex(Counts(cap: cap, userCap: userCap))
    self.exemptUsers = exemptUsers
  }

  /// Those over a lower cap stay.
  func setCap(_ cap: Int, userCap: Int?) {
    counts.withLock { counts in
      counts.cap = cap
      counts.userCap = userCap
    }
  }

  var open: Int { counts.withLock { $0.open + $0.refused } }
  var rejectedTotal: Int { counts.withLock { $0.rejectedTotal } }

  /// What becomes of a new connection, which `remove` must be told of at its end unless it was dropped.
  ///
  /// One caller at a time.
  func add(_ client: Client) -> Admission {
    let (admission, unnamed) = counts.withLock { counts -> (Admission?, [Client]) in
      guard counts.open < counts.cap else { return (counts.refuse(), []) }
      guard counts.open >= counts.share else {
        counts.open += 1
        counts.unnamed[ObjectIdentifier(client)] = client
        return (.accepted, [])
      }
      return (nil, Array(counts.unnamed.values))
    }
    if let admission { return admission }
    // Not under the lock: the kernel is asked.
    let named = unnamed.map { ($0, PlaceHolder($0)) }
    let holder = PlaceHolder(client)
    return counts.withLock { counts in
      counts.name(named)
      guard hasPlace(holder, counts) else { return counts.refuse() }
      counts.open += 1
      counts.named[holder, default: 0] += 1
      return .accepted
    }
  }

  private func hasPlace(_ holder: PlaceHolder, _ counts: Counts) -> Bool {
    switch holder {
    case .unknown: true
    case .user(let uid) where counts.userCap == nil && exemptUsers.contains(uid): true
    case .user, .host: counts.named[holder, default: 0] < counts.share
    }
  }

  func remove(_ admission: Admission, _ client: Client) {
    let waiting = counts.withLock { counts in
      switch admission {
      case .accepted:
        counts.open -= 1
        if counts.unnamed.removeValue(forKey: ObjectIdentifier(client)) == nil {
          let holder = PlaceHolder(client)
          let left = counts.named[holder, default: 0] - 1
          counts.named[holder] = left > 0 ? left : nil
        }
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
