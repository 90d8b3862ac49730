internal import Configuration
internal import LocalHTTP

/// The addresses of the daemon that commands ask, and its token file.
struct DaemonLocation: Sendable {
  /// Unix sockets first, because the kernel identifies their peer.
  let addresses: [ListenAddress]
  /// `nil` where no directory for it is known.
  let tokenFile: TokenFile?

  /// - Parameter broker: `http://HOST:PORT` or `unix:PATH`, as `--broker` takes it; without one `FEDBROKER_BROKER`, then
  ///   `FEDBROKER_LISTEN` and the defaults.
  init(_ broker: String?, environment: [String: String]) throws(BrokerClient.Unreachable) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let paths = RuntimePaths(environment: environment)
    if let broker = broker ?? value("FEDBROKER_BROKER") {
      addresses = [try Self.address(broker)]
    } else {
      let listed = (value("FEDBROKER_LISTEN") ?? "").split(separator: ",").compactMap {
        try? ListenAddress(parsing: String($0))
      }
      let usable = (listed + paths.listen).filter(\.isUsable)
      addresses = usable.filter(\.isUnix) + usable.filter { !$0.isUnix }
    }
    tokenFile = (value("FEDBROKER_TOKEN_FILE") ?? paths.tokenFile).map { TokenFile(path: $0) }
  }

  private static func address(_ broker: String) throws(BrokerClient.Unreachable) -> ListenAddress {
    var text = broker
    if text.hasPrefix("http://") {
      text.removeFirst("http://".count)
      if text.hasSuffix("/") { text.removeLast() }
      if text.hasPrefix("localhost:") { text = "127.0.0.1" + text.dropFirst("localhost".count) }
    }
    do {
      return try ListenAddress(parsing: text)
    } catch {
      throw BrokerClient.Unreachable(
        description: "\(broker) is no address of a daemon: http://127.0.0.1:PORT or unix:/PATH is expected")
    }
  }
}

extension ListenAddress {
  var isUnix: Bool {
    if case .unix = self { true } else { false }
  }

  /// Port 0 is unusable: only the daemon knows the port that the kernel picked.
  fileprivate var isUsable: Bool {
    if case .tcp(_, port: 0) = self { false } else { true }
  }
}
