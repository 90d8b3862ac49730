internal import AWS
internal import Clocks
internal import Configuration
internal import Glibc
internal import JSON
internal import LocalHTTP
internal import Secrets
internal import System

/// The client of fedbroker's own commands for the daemon's API.
package struct BrokerClient: Sendable {
  /// No daemon answers at any of the addresses, or an address is malformed.
  package struct Unreachable: Error, Sendable, CustomStringConvertible {
    package let description: String
  }

  package struct Health: Sendable {
    package let isReady: Bool
    /// The daemon's reason if it is not ready.
    package let detail: String
  }

  private let location: DaemonLocation

  /// - Parameters:
  ///   - broker: `http://HOST:PORT` or `unix:PATH`, as `--broker` takes it; `nil` looks for a daemon.
  package init(_ broker: String?, environment: [String: String]) throws(Unreachable) {
    location = try DaemonLocation(broker, environment: environment)
  }

  /// Asks whether the daemon is ready.
  package func readiness() throws(Unreachable) -> Health {
    let response = try unauthenticated("GET", "/readyz", timeout: 5)
    let detail = (try? SecretJSON(parsing: response.body))?["detail"]?.string
    return Health(isReady: response.status == 200, detail: detail ?? "the answer was \(response.status)")
  }

  /// Calls `GetFederationToken` at the daemon; returns the response and the address that gave it.
  ///
  /// - Parameters:
  ///   - selector: The credentials that the caller would use; `nil` accepts those of the daemon.
  ///   - timeout: Seconds; 0 waits without end.
  func federationToken(
    instanceID: String, selector: IdentitySelector?, timeout: Int
  ) throws(Unreachable) -> (response: LocalResponse, address: ListenAddress) {
    let target = "/user/federate/\(PercentEncoding.encode(instanceID))"
    let fields = selector.map { [(name: IdentitySelector.fieldName, value: Secret($0.fieldValue))] } ?? []
    return try authenticated("GET", target, fields: fields, timeout: timeout)
  }

  /// Sends a request without proof of the token.
  ///
  /// - Parameter timeout: Seconds; 0 waits without end.
  func unauthenticated(_ method: String, _ target: String, timeout: Int) throws(Unreachable) -> LocalResponse {
    try firstResponse { (address, _) throws(Obstacle) in try address.send(method, target, timeout: timeout) }.response
  }

  /// Sends a request with proof of the token; returns the response and the address that gave it.
  ///
  /// - Parameter timeout: Seconds; 0 waits without end.
  func authenticated(
    _ method: String, _ target: String, fields: [(name: String, value: Secret)] = [], timeout: Int
  ) throws(Unreachable) -> (response: LocalResponse, address: ListenAddress) {
    try firstResponse { (address, authority) throws(Obstacle) in
      // On a socket the kernel identifies the peer. Over TCP any local user may be listening, so the token is never sent.
      let signature = address.isUnix ? [] : try signature(of: method, target, authority: authority)
      return try address.send(method, target, fields: signature + fields, timeout: timeout)
    }
  }

  /// Why one address gave no response.
  fileprivate struct Obstacle: Error {
    let description: String
  }

  private func firstResponse(
    _ ask: (_ address: ListenAddress, _ authority: String) throws(Obstacle) -> LocalResponse
  ) throws(Unreachable) -> (response: LocalResponse, address: ListenAddress) {
    var failures: [String] = []
    for address in location.addresses {
      do throws(Obstacle) {
        return (try ask(address, address.isUnix ? "localhost" : address.description), address)
      } catch {
        failures.append("\(address): \(error.description)")
      }
    }
    throw Unreachable(description: "no daemon answers: \(failures.joined(separator: "; "))")
  }

  /// Returns the fields that sign a request with the local key pair.
  private func signature(
    of method: String, _ target: String, authority: String
  ) throws(Obstacle) -> [(name: String, value: Secret)] {
    guard let tokenFile = location.tokenFile else { throw Obstacle(description: "no token file is known to sign with") }
    let token: Secret
    do { token = try tokenFile.readToSign() } catch { throw Obstacle(description: error.description) }
    let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
    return SigV4.fields(
      signing: SigV4.Request(
        method: method, path: parts[0], query: parts.count > 1 ? parts[1] : "", fields: [("Host", Secret(authority))]),
      credentials: AWSCredentials(
        accessKeyID: LocalAccessKey.id, secretAccessKey: token, source: "token file"),
      // The daemon ignores the region of a signature.
      region: "us-east-1", service: "connect", date: KernelClock.wall / 1000)
  }
}

extension ListenAddress {
  fileprivate func send(
    _ method: String, _ target: String, fields: [(name: String, value: Secret)] = [], timeout: Int
  ) throws(BrokerClient.Obstacle) -> LocalResponse {
    let client = LocalClient(self, timeout: timeout) { uid in
      // The daemon runs as this user, as root, or as the owner of the socket's directory.
      uid == geteuid() || uid == 0 || uid == self.directoryOwner && uid != UserDatabase.overflowUID
    }
    do { return try client.send(method, target, fields: fields) } catch {
      throw BrokerClient.Obstacle(description: error.description)
    }
  }

  private var directoryOwner: UInt32? {
    guard case .unix(let path) = self, let slash = path.lastIndex(of: "/") else { return nil }
    var status = stat()
    guard stat(String(path[...slash]), &status) == 0 else { return nil }
    return status.st_uid
  }
}
