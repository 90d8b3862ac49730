internal import Configuration
internal import FederationBroker
internal import HTTPTypes
internal import LocalHTTP

/// The handlers of the routes of tokens.
extension Service {
  func token(_ call: Call) throws(Problem) -> Answer {
    let minimumLifetime = try call.minimumLifetime()
    let field = try call.field()
    if let key = try knownKey(of: call), let hit = cached(key, minimumLifetime: minimumLifetime) {
      return .now(try hit.response(field: field))
    }
    return later(call) { [self] () async throws(Problem) in
      try await token(for: try await key(of: call), minimumLifetime: minimumLifetime).response(field: field)
    }
  }

  func refresh(_ call: Call) throws(Problem) -> Answer {
    let field = try call.field()
    // What is wrong with the call is said before anything waits.
    _ = try knownKey(of: call)
    return later(call) { [self] () async throws(Problem) in
      let key = try await key(of: call)
      let answer = try await answer { () async throws(BrokerError) in try await broker.refresh(key) }
      // A status page learns that its refresh succeeded, and gets no token.
      return call.rights == .page ? Response(status: .noContent) : try answer.response(field: field)
    }
  }

  func forget(_ call: Call) throws(Problem) -> Answer {
    if let key = try knownKey(of: call) {
      broker.forget(key)
      return .now(Response(status: .noContent))
    }
    return later(call) { [self] () async throws(Problem) in
      broker.forget(try await key(of: call))
      return Response(status: .noContent)
    }
  }

  func federate(_ call: Call) throws(Problem) -> Answer {
    let key = try call.state.directory.key(for: call.instance, selector: IdentitySelector(call.request))
    if let hit = cached(key) { return .now(hit.awsResponse()) }
    return later(call) { [self] () async throws(Problem) in try await token(for: key).awsResponse() }
  }

  /// Returns the key of a call's token, after its peer's user name was looked up where the configuration needs it, which
  /// takes long where a directory service has it.
  func key(of call: Call) async throws(Problem) -> TokenKey {
    if let key = try knownKey(of: call) { return key }
    var peer: String?
    if let uid = call.client.uid { peer = await userNames.lookUp(uid) }
    return try call.state.directory.key(for: call.instance, sessionName: call[.sessionName], peer: peer)
  }

  /// Returns the key of a call's token; `nil` while the peer's user name, which may decide, is not known yet.
  private func knownKey(of call: Call) throws(Problem) -> TokenKey? {
    let (directory, sessionName) = (call.state.directory, call[.sessionName])
    guard sessionName != nil, let uid = call.client.uid, directory.asksWhoPeerIs(for: call.instance) else {
      return try directory.key(for: call.instance, sessionName: sessionName)
    }
    guard case .known(let peer) = userNames.name(of: uid) else { return nil }
    return try directory.key(for: call.instance, sessionName: sessionName, peer: peer)
  }

  /// Returns a key's token, from the cache or fetched now.
  func token(for key: TokenKey, minimumLifetime: Int = 0) async throws(Problem) -> TokenAnswer<TokenContent> {
    try await answer { () async throws(BrokerError) in
      try await broker.token(for: key, minimumLifetime: minimumLifetime)
    }
  }

  /// Asks the broker; its error becomes a response here and nowhere else.
  private func answer(
    _ ask: () async throws(BrokerError) -> TokenAnswer<TokenContent>
  ) async throws(Problem) -> TokenAnswer<TokenContent> {
    do { return try await ask() } catch { throw Problem(error) }
  }

  private func cached(_ key: TokenKey, minimumLifetime: Int = 0) -> TokenAnswer<TokenContent>? {
    let hit = broker.cached(key, minimumLifetime: minimumLifetime)
    metricsPage.metrics.count(hit == nil ? .miss : .hit)
    return hit
  }
}

extension Client {
  fileprivate var uid: UInt32? {
    if case .unix(let uid, _) = transport { uid } else { nil }
  }
}
