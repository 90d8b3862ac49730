internal import Configuration
internal import LocalHTTP
internal import System

/// Where a command looks for a daemon.
struct DaemonLocation: Sendable {
  /// Best first: unix sockets before TCP, because the kernel identifies the peer of a unix socket.
  let addresses: [ListenAddress]
  /// The files that can hold the token of a daemon found over TCP, best first.
  let tokenFiles: [TokenFile]
  /// Whether the addresses are the default ones, which nobody named.
  let isDefault: Bool

  /// - Parameter broker: `http://HOST:PORT` or `unix:PATH`, as `--broker` takes it. `nil` uses `FEDBROKER_BROKER`, and
  ///   without that variable `FEDBROKER_LISTEN` and the default places.
  init(_ broker: String?, environment: [String: String]) throws(BrokerClient.Unreachable) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let places = RuntimePaths.search(environment: environment)
    if let broker = broker ?? value("FEDBROKER_BROKER") {
      addresses = try Self.addresses(broker)
      isDefault = false
    } else {
      let listed = (value("FEDBROKER_LISTEN") ?? "").split(separator: ",").compactMap {
        try? ListenAddress(parsing: String($0))
      }.filter(\.isUsable)
      let others = places.addresses.filter { !listed.contains($0) }
      addresses = (listed + others).filter(\.isUnix) + (listed + others).filter { !$0.isUnix }
      isDefault = true
    }
    tokenFiles = (value("FEDBROKER_TOKEN_FILE").map { [$0] } ?? places.tokenFiles).map { TokenFile(path: $0) }
  }

  /// Returns the addresses that `broker` stands for: both loopback ones for `localhost`, which programs look up in either
  /// order.
  private static func addresses(_ broker: String) throws(BrokerClient.Unreachable) -> [ListenAddress] {
    var texts = [broker]
    if broker.hasPrefix("http://") {
      var authority = broker.dropFirst("http://".count)
      if authority.hasSuffix("/") { authority.removeLast() }
      let name = "localhost:"
      texts =
        authority.lowercased().hasPrefix(name)
        ? ["127.0.0.1:", "[::1]:"].map { $0 + authority.dropFirst(name.count) } : [String(authority)]
    }
    do {
      return try texts.map { (text) throws(ListenAddress.ParseError) in try ListenAddress(parsing: text) }
    } catch {
      throw BrokerClient.Unreachable(
        description: "\(broker.printable) is no address of a daemon: http://127.0.0.1:PORT or unix:/PATH is expected")
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
