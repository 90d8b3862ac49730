internal import JSON
internal import LocalHTTP
internal import Outbound
internal import Secrets

/// Asks a daemon, on behalf of fedbroker's own commands.
package struct BrokerClient: Sendable {
  /// No daemon answers at any of the addresses, or an address is none.
  package struct Unreachable: Error, Sendable, CustomStringConvertible {
    package let description: String
  }

  package struct Readiness: Sendable {
    package let isReady: Bool
    /// Why not, in the daemon's words.
    package let detail: String
  }

  /// Tried in this order.
  private let addresses: [ListenAddress]
  private let transport: any HTTPTransport

  /// - Parameters:
  ///   - broker: `http://HOST:PORT` or `unix:PATH`, as `--broker` takes it; without one `FEDBROKER_BROKER`, then
  ///     `FEDBROKER_LISTEN` and the defaults, unix sockets first.
  package init(_ broker: String?, environment: [String: String]) throws(Unreachable) {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let broker = broker ?? value("FEDBROKER_BROKER") {
      addresses = [try Self.address(broker)]
    } else {
      let listed = (value("FEDBROKER_LISTEN") ?? "").split(separator: ",").compactMap {
        try? ListenAddress(parsing: String($0))
      }
      let all = listed + RuntimePaths(environment: environment).listen
      addresses = all.filter(\.isUnix) + all.filter { !$0.isUnix }
    }
    var settings = TransportSettings()
    settings.connectTimeout = 2
    settings.readTimeout = 5
    transport = CurlTransport(settings)
  }

  /// Whether the daemon is ready to serve.
  package func readiness() async throws(Unreachable) -> Readiness {
    let response = try await get("/readyz")
    let detail = (try? SecretJSON(parsing: response.body))?["detail"]?.string
    return Readiness(isReady: response.status == 200, detail: detail ?? "the answer was \(response.status)")
  }

  private func get(_ path: String) async throws(Unreachable) -> TransportResponse {
    var failures: [String] = []
    for address in addresses {
      var request = TransportRequest(method: "GET", url: "http://localhost\(path)", bypassesProxy: true)
      switch address {
      case .tcp: request.url = "http://\(address)\(path)"
      case .unix(let path): request.unixSocketPath = path
      }
      do {
        return try await transport.send(request)
      } catch {
        failures.append("\(address): \(error.message)")
      }
    }
    throw Unreachable(description: "no daemon answers: \(failures.joined(separator: "; "))")
  }

  private static func address(_ broker: String) throws(Unreachable) -> ListenAddress {
    var text = broker
    if text.hasPrefix("http://") {
      text.removeFirst("http://".count)
      if text.hasSuffix("/") { text.removeLast() }
      if text.hasPrefix("localhost:") { text = "127.0.0.1" + text.dropFirst("localhost".count) }
    }
    do {
      return try ListenAddress(parsing: text)
    } catch {
      throw Unreachable(
        description: "\(broker) is no address of a daemon: http://127.0.0.1:PORT or unix:/PATH is expected")
    }
  }
}

extension ListenAddress {
  fileprivate var isUnix: Bool {
    if case .unix = self { true } else { false }
  }
}
