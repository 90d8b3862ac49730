internal import Glibc
package import LocalHTTP

/// The default places of the daemon's socket and token file.
package struct RuntimePaths: Sendable, Equatable {
  /// The daemon's runtime directory; `nil` if the environment names none.
  package let directory: String?
  /// `nil` if the environment names no runtime directory, no credential `token` and no home.
  package let tokenFile: String?

  /// Reads `CREDENTIALS_DIRECTORY`, `RUNTIME_DIRECTORY`, `XDG_RUNTIME_DIR` and `HOME`.
  ///
  /// The service manager's credential `token` (`LoadCredential=`) is the token file if it exists. systemd sets
  /// `CREDENTIALS_DIRECTORY` also when none of a unit's optional credentials do.
  package init(environment: [String: String]) {
    directory = Self.ownDirectories(environment).first
    tokenFile =
      Self.credential(environment) ?? directory.map { $0 + "/token" }
      ?? Self.absolute("HOME", in: environment)
      .map { $0 + "/.cache/fedbroker/token" }
  }

  private static func credential(_ environment: [String: String]) -> String? {
    guard let directory = absolute("CREDENTIALS_DIRECTORY", in: environment) else { return nil }
    let file = directory + "/token"
    return access(file, F_OK) == 0 ? file : nil
  }

  /// The runtime directories that the environment names, best first.
  ///
  /// `RUNTIME_DIRECTORY` can hold several paths, separated by colons (systemd.exec(5)); the first is ours.
  private static func ownDirectories(_ environment: [String: String]) -> [String] {
    let service = absolute("RUNTIME_DIRECTORY", in: environment).map { String($0.prefix { $0 != ":" }) }
    return [service, absolute("XDG_RUNTIME_DIR", in: environment).map { $0 + "/fedbroker" }].compactMap { $0 }
  }

  /// A relative path is ignored, as the XDG Base Directory Specification says for `XDG_RUNTIME_DIR`.
  private static func absolute(_ name: String, in environment: [String: String]) -> String? {
    environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil }
  }

  /// The default unix socket; `nil` where there is no directory.
  package var socket: ListenAddress? {
    directory.map { .unix(path: $0 + "/fedbroker.sock") }
  }

  /// `127.0.0.1:2776`, `[::1]:2776`, and the unix socket where there is a runtime directory.
  package var listen: [ListenAddress] {
    Self.tcp + (socket.map { [$0] } ?? [])
  }

  /// Both addresses that `localhost` can mean: on the one that we leave free another program could listen.
  private static let tcp = [
    ListenAddress.tcp(host: "127.0.0.1", port: 2776), ListenAddress.tcp(host: "::1", port: 2776),
  ]
}

extension RuntimePaths {
  /// The places at which a command looks for a daemon, best first: the user's own, then the system's.
  package struct Search: Sendable, Equatable {
    /// Unix sockets before TCP, because the kernel identifies the peer of a unix socket.
    package let addresses: [ListenAddress]
    /// The files that can hold the token of a daemon found over TCP.
    package let tokenFiles: [String]
  }

  /// `system` is where the service and the socket unit of the Debian package put the daemon.
  package static func search(environment: [String: String], system: String = "/run") -> Search {
    let own = ownDirectories(environment)
    let sockets = (own + [system + "/fedbroker", system]).map { $0 + "/fedbroker.sock" }
    let cached = absolute("HOME", in: environment).map { $0 + "/.cache/fedbroker/token" }
    return Search(
      addresses: sockets.unique.map { .unix(path: $0) } + tcp,
      tokenFiles: ([credential(environment)] + own.map { $0 + "/token" } + [cached, system + "/fedbroker/token"])
        .compactMap { $0 }.unique)
  }
}

extension Sequence where Element: Hashable {
  /// The elements without repetitions, in their order.
  fileprivate var unique: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
