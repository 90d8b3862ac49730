internal import Configuration
internal import Glibc
internal import LocalAPI
internal import LocalHTTP
internal import System

/// The listening sockets: those of the configuration and those of the service manager.
struct Listeners: Sendable {
  struct Listener: Sendable, Equatable {
    /// The configured address, where port 0 stands for any.
    let address: ListenAddress
    let socket: ListeningSocket
    let isInherited: Bool

    static func == (left: Listener, right: Listener) -> Bool { left.socket === right.socket }
  }

  let main: [Listener]
  let admin: [Listener]

  init(_ inherited: InheritedSockets) {
    func listeners(_ sockets: [ListeningSocket]) -> [Listener] {
      sockets.map { Listener(address: $0.boundAddress, socket: $0, isInherited: true) }
    }
    main = listeners(inherited.main)
    admin = listeners(inherited.admin)
  }

  /// Adopts the open sockets that the configuration lists and binds the others; none is closed.
  ///
  /// Inherited sockets stay, and replace the default addresses.
  init(
    _ current: Listeners, adaptedTo configuration: Configuration, hasDefaultAddresses: Bool, peers: PeerPolicy
  ) throws(StartError) {
    let isReplaced = hasDefaultAddresses && current.main.contains(where: \.isInherited)
    if !configuration.allowNonLoopback,
      let open = current.main.first(where: { $0.isInherited && !$0.address.isLoopback })
    {
      throw .configuration(
        "\(open.address): other machines can reach this inherited socket; allow_non_loopback = true in the"
          + " configuration file allows it")
    }
    // Hop limit 1: packets cannot leave the machine, whatever the routing table says.
    main = try Self.adapt(
      current.main, to: isReplaced ? [] : configuration.listen, mayLackVersion6: hasDefaultAddresses,
      directoryMode: Self.mode(peers) == 0o600 ? 0o700 : 0o711
    ) { (address) throws(ListenError) in
      try .bind(to: address, hopLimit: 1, mode: Self.mode(peers), group: Self.group(peers))
    }
    admin = try Self.adapt(current.admin, to: configuration.adminListen, directoryMode: 0o700) {
      (address) throws(ListenError) in
      try .bind(to: address)
    }
  }

  /// Returns whether there is a TCP address that `others` have not.
  func hasNewAddress(beside others: Listeners) -> Bool {
    main.contains { listener in
      if case .unix = listener.address { return false }
      return !others.main.contains(listener)
    }
  }

  /// - Parameter mayLackVersion6: Whether IPv6 addresses are left out where the machine has no IPv6.
  private static func adapt(
    _ current: [Listener], to addresses: [ListenAddress], mayLackVersion6: Bool = false, directoryMode: mode_t,
    bind: (ListenAddress) throws(ListenError) -> ListeningSocket
  ) throws(StartError) -> [Listener] {
    let inherited = current.filter(\.isInherited)
    var listeners = inherited
    var bound = current.filter { !$0.isInherited }
    for address in addresses where !inherited.contains(where: { $0.address == address }) {
      if let position = bound.firstIndex(where: { $0.address == address }) {
        listeners.append(bound.remove(at: position))
        continue
      }
      createDirectory(of: address, mode: directoryMode)
      do {
        listeners.append(Listener(address: address, socket: try bind(address), isInherited: false))
      } catch {
        if mayLackVersion6, address.isVersion6, error.isAboutMissingAddress { continue }
        throw StartError(error)
      }
    }
    return listeners
  }

  /// Returns the mode of a socket file; the guard checks the peer's user in addition.
  private static func mode(_ peers: PeerPolicy) -> UInt32 {
    if group(peers) != nil { return 0o660 }
    return peers.gids.isEmpty && peers.uids.isSubset(of: [geteuid(), 0]) ? 0o600 : 0o666
  }

  /// Returns the one group that may connect, if a file mode can express it and this process may give a file to it.
  ///
  /// With more groups or users, or a group that this user is not in (chown(2)), the file is open to all, and only the
  /// check of the peer decides.
  private static func group(_ peers: PeerPolicy) -> UInt32? {
    guard peers.gids.count == 1, let group = peers.gids.first, peers.uids.isSubset(of: [geteuid(), 0]) else {
      return nil
    }
    return geteuid() == 0 || group == getegid() || supplementaryGroups.contains(group) ? group : nil
  }

  private static var supplementaryGroups: [gid_t] {
    var groups = [gid_t](repeating: 0, count: max(0, Int(getgroups(0, nil))))
    let count = getgroups(Int32(groups.count), &groups)
    return Array(groups.prefix(max(0, Int(count))))
  }

  /// Makes the directory of a socket, if its parent is there.
  ///
  /// A desktop session's runtime directory has none for us yet, nor has the directory that the containers of a pod share.
  private static func createDirectory(of address: ListenAddress, mode: mode_t) {
    guard case .unix(let path) = address, let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return }
    let directory = String(path[..<slash])
    guard mkdir(directory, 0o700) == 0 else { return }
    // Apart from mkdir(2), which the umask limits; and by descriptor, since others may write to the parent.
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fchmod(descriptor, mode)
    close(descriptor)
  }
}

extension ListenAddress {
  fileprivate var isVersion6: Bool {
    if case .tcp(let host, _) = self { host.contains(":") } else { false }
  }
}

extension ListenError {
  /// Whether the machine has no such address: IPv6 is not compiled in, or switched off.
  fileprivate var isAboutMissingAddress: Bool {
    guard case .system(let error) = reason else { return false }
    return error.code == EAFNOSUPPORT || error.code == EADDRNOTAVAIL
  }
}
