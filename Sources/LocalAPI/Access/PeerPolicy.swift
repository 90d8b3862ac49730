internal import Configuration

/// Which peers of a unix socket may ask, by what the kernel says of them.
package struct PeerPolicy: Sendable, Equatable {
  package var uids: Set<UInt32>
  package var gids: Set<UInt32>

  package init(uids: Set<UInt32> = [], gids: Set<UInt32> = []) {
    self.uids = uids
    self.gids = gids
  }

  func allows(uid: UInt32, gids: [UInt32]) -> Bool {
    guard uid != UserDatabase.overflowUID else { return false }
    return uids.contains(uid) || gids.contains { self.gids.contains($0) }
  }
}
