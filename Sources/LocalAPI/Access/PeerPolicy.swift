/// Which peers of a unix socket may ask, by what the kernel says of them.
struct PeerPolicy: Sendable, Equatable {
  var uids: Set<UInt32> = []
  var gids: Set<UInt32> = []

  /// What the kernel shows for a user of another user namespace who has no number in ours (user_namespaces(7)): anybody.
  static let overflowUID: UInt32 = 65_534

  func allows(uid: UInt32, gids: [UInt32]) -> Bool {
    guard uid != Self.overflowUID else { return false }
    return uids.contains(uid) || gids.contains { self.gids.contains($0) }
  }
}
