internal import System

/// The peers of a unix socket that may call the API, by the ids that the kernel reports.
package struct PeerPolicy: Sendable, Equatable {
  package var uids: Set<UInt32>
  package var gids: Set<UInt32>

  package init(uids: Set<UInt32> = [], gids: Set<UInt32> = []) {
    self.uids = uids
    self.gids = gids
  }

  func allows(uid: UInt32, gids: [UInt32]) -> Bool {
    guard uid != UserID.overflow else { return false }
    return uids.contains(uid) || gids.contains { self.gids.contains($0) }
  }
}
