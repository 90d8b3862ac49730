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
    /// What kept one address from giving a usable response.
    struct Failure: Sendable {
      enum Kind: Sendable {
        /// Nothing listens there, or what does gave no response.
        case absence
        /// The socket exists, and this user may not use it.
        case notPermitted
        /// What answers is not the daemon of this user, of root or of the service.
        case stranger
        /// There is no token to sign with.
        case noToken
      }

      let address: String
      let reason: String
      let kind: Kind
    }

    package let description: String
    /// One an address; none where an address is malformed.
    var failures: [Failure] = []
  }

  /// The answer of a readiness probe.
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
    let response = try response("GET", "/readyz", timeout: 5).response
    let detail = (try? SecretJSON(parsing: response.body))?["detail"]?.string?.printable
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
    return try response("GET", target, fields: fields, timeout: timeout)
  }

  /// Returns the response to a request, and the address that sent it.
  ///
  /// Over a unix socket the peer is checked, over TCP the response's proof; what fails that is passed over. So is a daemon
  /// that does not admit this user; if no other answers, a refusal over a unix socket is returned, because its sender is
  /// known.
  /// - Parameter timeout: Seconds; 0 waits without end.
  func response(
    _ method: String, _ target: String, fields: [(name: String, value: Secret)] = [], timeout: Int
  ) throws(Unreachable) -> (response: LocalResponse, address: ListenAddress) {
    try firstResponse { (address) throws(Obstacle) in
      if address.isUnix {
        let response = try address.send(method, target, fields: fields, timeout: timeout)
        guard response.errorCode != "Forbidden" else {
          throw Obstacle(description: "this user is not admitted", refusal: response, kind: .notPermitted)
        }
        return response
      }
      return try signed(method, target, fields: fields, at: address, timeout: timeout).response
    }
  }

  /// Returns the TCP address at which a daemon answers, and the token that it accepts.
  ///
  /// Where nothing listens at any of them, the first one is returned if there is a single token, which must be the right
  /// one: both can be used before the daemon is there.
  func acceptedToken() throws(Unreachable) -> (address: ListenAddress, token: Secret) {
    var failures: [(ListenAddress, Obstacle)] = []
    var isFree = true
    for address in location.addresses where !address.isUnix {
      do throws(Obstacle) {
        return (address, try signed("GET", "/healthz", at: address, timeout: 5).token)
      } catch {
        failures.append((address, error))
        isFree = isFree && error.isAbsence
      }
    }
    if isFree, let first = failures.first?.0, let tokens = try? readableTokens(), tokens.count == 1 {
      return (first, tokens[0].token)
    }
    throw Unreachable(failures: failures, suggestsStart: location.isDefault)
  }

  /// The reason why one address gave no usable response.
  fileprivate struct Obstacle: Error {
    let description: String
    var refusal: LocalResponse?
    /// Whether nothing listens there.
    var isAbsence = false
    var kind = Unreachable.Failure.Kind.absence
  }

  private func firstResponse(
    _ ask: (_ address: ListenAddress) throws(Obstacle) -> LocalResponse
  ) throws(Unreachable) -> (response: LocalResponse, address: ListenAddress) {
    var failures: [(ListenAddress, Obstacle)] = []
    var refusal: (LocalResponse, ListenAddress)?
    for address in location.addresses {
      do throws(Obstacle) {
        return (try ask(address), address)
      } catch {
        failures.append((address, error))
        refusal = refusal ?? error.refusal.map { ($0, address) }
      }
    }
    if let refusal { return refusal }
    throw Unreachable(failures: failures, suggestsStart: location.isDefault)
  }

  /// Signs a request with each token that this user can read, until what answers proves that it has the same.
  ///
  /// The token itself is never sent, and no other answer is believed: any local user can listen on the port while the
  /// daemon is down.
  private func signed(
    _ method: String, _ target: String, fields: [(name: String, value: Secret)] = [], at address: ListenAddress,
    timeout: Int
  ) throws(Obstacle) -> (response: LocalResponse, token: Secret) {
    let tokens = try readableTokens()
    for (_, token) in tokens {
      // A daemon that began in this second asks for a later signature, and waits for the next second itself.
      for _ in 0..<2 {
        let signature = Self.signature(of: method, target, authority: address.description, token: token)
        let response = try address.send(method, target, fields: signature + fields, timeout: timeout)
        guard response.proves(token, for: signature) else { break }
        if response.errorCode == "SignAgain" { continue }
        return (response, token)
      }
    }
    throw Obstacle(
      description: "what answers there does not prove that it has the token of"
        + " \(tokens.map(\.path).joined(separator: ", ")): it is another user's daemon, or another program",
      kind: .stranger)
  }

  /// Returns at least one token.
  private func readableTokens() throws(Obstacle) -> [(path: String, token: Secret)] {
    var tokens: [(String, Secret)] = []
    var failures: [String] = []
    for file in location.tokenFiles {
      do { tokens.append((file.path, try file.readToSign())) } catch { failures.append(error.description) }
    }
    guard !tokens.isEmpty else {
      throw Obstacle(
        description: failures.isEmpty ? "no token file is known to sign with" : failures.joined(separator: ", "),
        kind: .noToken)
    }
    return tokens
  }

  /// Returns the fields that sign a request with the local key pair.
  private static func signature(
    of method: String, _ target: String, authority: String, token: Secret
  ) -> [(name: String, value: Secret)] {
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

extension BrokerClient.Unreachable {
  /// `suggestsStart` adds how to start a daemon in the default places.
  fileprivate init(failures: [(address: ListenAddress, obstacle: BrokerClient.Obstacle)], suggestsStart: Bool) {
    let tried = failures.map { "\n  \($0.address): \($0.obstacle.description)" }.joined()
    let suggestion =
      "\nSee systemctl status fedbroker and systemctl --user status fedbroker, or start one: fedbroker serve"
    self.init(
      description: "no daemon answers:\(tried)\(suggestsStart ? suggestion : "")",
      failures: failures.map { address, obstacle in
        Failure(address: address.description, reason: obstacle.description, kind: obstacle.kind)
      })
  }
}

extension LocalResponse {
  /// The code of an error response, in our format or in AWS's; `nil` for a success.
  fileprivate var errorCode: String? {
    guard status >= 400 else { return nil }
    return self["x-amzn-ErrorType"] ?? (try? SecretJSON(parsing: body))?["code"]?.string
  }

  /// Returns whether the sender knows the token that a request was signed with.
  fileprivate func proves(_ token: Secret, for signature: [(name: String, value: Secret)]) -> Bool {
    guard let proof = self[AnswerProof.fieldName],
      let authorization = signature.first(where: { $0.name == "Authorization" }),
      let parsed = SigV4Authorization(parsing: authorization.value.exposed, mostNames: .max)
    else { return false }
    let expected = AnswerProof.value(
      token: token, signature: parsed.signature, status: status, contentDigest: Digest.hexadecimal(of: body))
    return Secret(proof) == Secret(expected)
  }
}

extension ListenAddress {
  fileprivate func send(
    _ method: String, _ target: String, fields: [(name: String, value: Secret)] = [], timeout: Int
  ) throws(BrokerClient.Obstacle) -> LocalResponse {
    let client = LocalClient(self, timeout: timeout) { uid in
      // The daemon belongs to this user, to root, or to the service's user, who owns the directory of its socket.
      uid == geteuid() || uid == 0 || uid == self.directoryOwner && uid != UserID.overflow
    }
    do { return try client.send(method, target, fields: fields) } catch {
      throw BrokerClient.Obstacle(
        description: error.description + (isForbidden ? Self.admission : ""), isAbsence: error.reason == .unreachable,
        kind: error.reason == .untrustedPeer ? .stranger : isForbidden ? .notPermitted : .absence)
    }
  }

  private static let admission = " (socket_users or socket_groups of that daemon's configuration admits a user)"

  /// Whether the socket exists and this user may not connect to it.
  private var isForbidden: Bool {
    guard case .unix(let path) = self else { return false }
    return access(path, F_OK) == 0 && access(path, W_OK) != 0
  }

  private var directoryOwner: UInt32? {
    guard case .unix(let path) = self, let slash = path.lastIndex(of: "/") else { return nil }
    var status = stat()
    guard stat(String(path[...slash]), &status) == 0 else { return nil }
    return status.st_uid
  }
}
