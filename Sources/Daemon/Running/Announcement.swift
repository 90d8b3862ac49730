internal import Client
internal import Configuration
internal import LocalHTTP
internal import Logging

/// The messages of `serve` when it is ready.
struct Announcement {
  private let listeners: Listeners
  private let configuration: Configuration

  init(_ configuration: Configuration, _ listeners: Listeners) {
    self.configuration = configuration
    self.listeners = listeners
  }

  /// The metadata of the log line `ready`.
  var metadata: Logger.Metadata {
    var metadata: Logger.Metadata = [
      "version": "\(Version.text)", "listen": "\(Self.list(listeners.main))",
      "token_file": "\(configuration.tokenFile)",
    ]
    if !listeners.admin.isEmpty { metadata["admin_listen"] = "\(Self.list(listeners.admin))" }
    return metadata
  }

  /// What `systemctl status` shows.
  var status: String { "Serving on \(Self.list(listeners.main))" }

  /// A command to paste, for a person who started the daemon in a terminal.
  var invitation: String {
    guard let address = listeners.main.first?.socket.boundAddress else { return "" }
    let instance = configuration.instances.first?.alias ?? "INSTANCE_ID"
    let path = "/v1/instances/\(instance)/token"
    let command =
      switch address {
      case .tcp:
        "curl -H \"Authorization: Bearer $(cat \(ShellQuoting.quoted(configuration.tokenFile)))\" http://\(address)\(path)"
      case .unix(let socket): "curl --unix-socket \(ShellQuoting.quoted(socket)) http://localhost\(path)"
      }
    return "\nAsk for a token from another terminal:\n\n  \(command)\n\n"
  }

  private static func list(_ listeners: [Listeners.Listener]) -> String {
    listeners.map(\.socket.boundAddress.description).joined(separator: ",")
  }
}
