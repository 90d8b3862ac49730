internal import Glibc
package import LocalHTTP

/// The default places of the daemon's socket and token, where its own commands look too.
package struct RuntimePaths: Sendable, Equatable {
  /// `nil` where neither systemd nor the session gives one.
  package let directory: String?
  /// `nil` where there is no credential `token`, no runtime directory and no home either.
  package let tokenFile: String?

  /// Looks at `CREDENTIALS_DIRECTORY`, `RUNTIME_DIRECTORY`, `XDG_RUNTIME_DIR` and `HOME`.
  ///
  /// A token that the service manager provides (`LoadCredential=token`) comes first.
  ///
  /// `RUNTIME_DIRECTORY` may hold several paths with colons between (systemd.exec(5)); the first is ours. A relative
  /// `XDG_RUNTIME_DIR` is to be ignored (XDG Base Directory Specification).
  package init(environment: [String: String]) {
    func path(_ name: String) -> String? {
      environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
    let service = path("RUNTIME_DIRECTORY").map { String($0.prefix { $0 != ":" }) }
    directory = service ?? path("XDG_RUNTIME_DIR").map { $0 + "/fedbroker" }
    let credential = path("CREDENTIALS_DIRECTORY").map { $0 + "/token" }.flatMap { access($0, F_OK) == 0 ? $0 : nil }
    tokenFile = credential ?? directory.map { $0 + "/token" } ?? path("HOME").map { $0 + "/.cache/fedbroker/token" }
  }

  package var socket: ListenAddress? {
    directory.map { .unix(path: $0 + "/fedbroker.sock") }
  }

  /// `127.0.0.1:2776`, and the unix socket where there is a runtime directory.
  package var listen: [ListenAddress] {
    [.tcp(host: "127.0.0.1", port: 2776)] + (socket.map { [$0] } ?? [])
  }
}
