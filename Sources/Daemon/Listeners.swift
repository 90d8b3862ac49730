internal import Glibc
internal import LocalHTTP

/// The sockets of a configuration, bound before anything else is made, so that a daemon that cannot have them says so at
/// once.
struct Listeners: Sendable {
  let main: [ListeningSocket]
  let admin: [ListeningSocket]

  init(_ configuration: Configuration, peers: PeerPolicy) throws(StartError) {
    var main: [ListeningSocket] = []
    var admin: [ListeningSocket] = []
    do {
      for address in configuration.listen {
        try Self.createDirectory(of: address)
        // One hop: what is sent from here cannot leave the machine, whatever the routes say.
        main.append(
          try .bind(
            to: address, hopLimit: 1, mode: Self.mode(peers), group: Self.group(peers)))
      }
      for address in configuration.adminListen {
        try Self.createDirectory(of: address)
        admin.append(try .bind(to: address))
      }
    } catch {
      throw StartError(error)
    }
    self.main = main
    self.admin = admin
  }

  /// Whom the file system lets connect.
  ///
  /// The peer's user, as the kernel says it, decides all the same.
  private static func mode(_ peers: PeerPolicy) -> UInt32 {
    if group(peers) != nil { return 0o660 }
    return peers.gids.isEmpty && peers.uids.isSubset(of: [geteuid(), 0]) ? 0o600 : 0o666
  }

  /// The one group that may connect.
  ///
  /// With further groups or users no mode of the file could tell them apart.
  private static func group(_ peers: PeerPolicy) -> UInt32? {
    peers.gids.count == 1 && peers.uids.isSubset(of: [geteuid(), 0]) ? peers.gids.first : nil
  }

  /// A desktop session has its own runtime directory, in which ours may not exist yet.
  private static func createDirectory(of address: ListenAddress) throws(ListenError) {
    guard case .unix(let path) = address, let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return }
    mkdir(String(path[..<slash]), 0o700)
  }
}
