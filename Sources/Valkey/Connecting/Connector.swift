internal import Clocks
internal import Outbound
internal import Secrets

/// Makes connections to servers of a store: encrypted and verified as configured, and logged in.
struct Connector: Sendable {
  let settings: StoreSettings
  let password: PasswordSource
  let thread: OutboundThread
  let clock: any MomentClock

  /// Returns a connection that stands and is logged in.
  func connect(
    to endpoint: Endpoint, observe: @escaping @Sendable (Connection.Event) -> Void = { _ in }
  ) async throws(StoreError) -> Connection {
    let connection = try begin(endpoint, observe)
    // Without a login, a question shows that the connection stands.
    let greeting = try login ?? Command("PING")
    try Self.check(try await connection.perform([greeting], within: settings.timeout).first, closing: connection)
    return connection
  }

  /// Asks the Sentinels one after the other which server is the primary of `name`.
  ///
  /// A Sentinel that wants a login gets the same as the servers.
  func primary(of name: String) async throws(StoreError) -> Endpoint {
    var last = StoreError.unreachable("no Sentinel answers")
    for sentinel in settings.address.endpoints {
      do throws(StoreError) {
        let connection = try begin(sentinel, { _ in })
        defer { connection.close() }
        let question = Command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", .text(name))
        var reply = try await connection.perform([question], within: settings.timeout).first
        if case .error(let text)? = reply, text.hasPrefix("NOAUTH"), let login = try login {
          reply = try await connection.perform([login, question], within: settings.timeout).last
        }
        try Self.check(reply, closing: connection)
        guard let parts = reply?.elements, parts.count == 2, let host = parts[0].text,
          let port = parts[1].text.flatMap(UInt16.init), let endpoint = Endpoint(host: host[...], port: port)
        else { throw .unreachable("the Sentinel \(sentinel.name) knows no primary of the name \(name)") }
        return endpoint
      } catch {
        last = error
      }
    }
    throw last
  }

  private func begin(
    _ endpoint: Endpoint, _ observe: @escaping @Sendable (Connection.Event) -> Void
  ) throws(StoreError) -> Connection {
    // A Sentinel or a node may name any server.
    guard settings.address.isEncrypted || endpoint.isLoopback else {
      throw .unreachable("\(endpoint.name) is not on this machine, and the address has no TLS")
    }
    var transport = TransportSettings()
    transport.caBundle = settings.caBundle
    transport.connectTimeout = Double(settings.timeout) / 1000
    return try Connection.open(
      to: endpoint.streamAddress(isEncrypted: settings.address.isEncrypted), transport, on: thread, clock: clock,
      observe: observe)
  }

  private var login: Command? {
    get throws(StoreError) {
      guard let password = try password() else { return nil }
      guard let user = settings.user else { return Command("AUTH", .secret(password)) }
      return Command("AUTH", .text(user), .secret(password))
    }
  }

  static func check(_ reply: Reply?, closing connection: Connection) throws(StoreError) {
    guard case .error(let text)? = reply else { return }
    let error = StoreError(reply: text)
    connection.close(error)
    throw error
  }
}

extension Endpoint {
  /// For people.
  var name: String { streamAddress(isEncrypted: false).description }
}
