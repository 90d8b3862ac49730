internal import Configuration
internal import FederationBroker
internal import HTTPTypes
internal import LocalHTTP
internal import RefreshingCache

/// The handlers of the routes of tokens.
extension Service {
  func token(_ call: Call) throws(Problem) -> Answer {
    try token(call, field: try call.field())
  }

  /// Answers with one field, which the path names.
  func tokenField(_ call: Call) throws(Problem) -> Answer {
    try token(call, field: try call.fieldInPath())
  }

  private func token(_ call: Call, field: TokenField?) throws(Problem) -> Answer {
    let minimumLifetime = try call.minimumLifetime()
    if let key = try knownKey(of: call), let hit = cached(key, minimumLifetime: minimumLifetime) {
      if let condition = TokenCondition(call.request), condition.isMet(by: hit.payload.tag) {
        return try conditional(call, key, hit, condition, field: field, minimumLifetime: minimumLifetime)
      }
      if isOnRecord(hit.payload, call) { return .now(try hit.response(field: field)) }
      return later(call) { [self] () async throws(Problem) in
        try await recordReceipt(of: hit.payload, call, key)
        return try hit.response(field: field)
      }
    }
    let spender = minimumLifetime > 0 ? call.caller : nil
    return later(call) { [self] () async throws(Problem) in
      let key = try await key(of: call)
      let answer = try await token(for: key, minimumLifetime: minimumLifetime, spender: spender)
      // AWS may have given the same token again.
      if TokenCondition(call.request)?.isMet(by: answer.payload.tag) == true {
        return try answer.notModified(field: field)
      }
      try await recordReceipt(of: answer.payload, call, key)
      return try answer.response(field: field)
    }
  }

  func refresh(_ call: Call) throws(Problem) -> Answer {
    let field = try call.field()
    // What is wrong with the call is said before anything waits.
    _ = try knownKey(of: call)
    let spender = call.caller
    return later(call) { [self] () async throws(Problem) in
      let key = try await key(of: call)
      let answer = try await refreshed(key, call) { budgets.take(spender, region: key.region) }
      // A status page learns that its refresh succeeded, and gets no token; so does a caller without the right to it.
      guard call.rights != .page, call.isGiven(.token, for: key) else { return Response(status: .noContent) }
      try await recordReceipt(of: answer.payload, call, key)
      return try answer.response(field: field)
    }
  }

  /// Returns a new token of a key, or the cached one where `mayForce` says no; records it.
  func refreshed(
    _ key: TokenKey, _ call: Call, mayForce: () -> Bool
  ) async throws(Problem) -> TokenAnswer<TokenContent> {
    let answer: TokenAnswer<TokenContent>
    do throws(Problem) {
      answer = try await self.answer { () async throws(BrokerError) in try await broker.refresh(key, mayForce: mayForce)
      }
    } catch {
      try await record(.refresh, call, key, outcome: error.code)
      throw error
    }
    try await record(.refresh, call, key, answer.payload, outcome: answer.isHit ? "cached" : "success")
    return answer
  }

  func forget(_ call: Call) throws(Problem) -> Answer {
    if let key = try knownKey(of: call), !call.state.isAudited {
      broker.forget(key)
      return .now(Response(status: .noContent))
    }
    return later(call) { [self] () async throws(Problem) in
      let key = try await key(of: call)
      try await record(.forget, call, key)
      broker.forget(key)
      return Response(status: .noContent)
    }
  }

  func federate(_ call: Call) throws(Problem) -> Answer {
    let key = try call.state.directory.key(
      for: call.instance, selector: IdentitySelector(call.request), caller: call.memo, right: call.right)
    try call.checkRules(for: key)
    if let hit = cached(key), isOnRecord(hit.payload, call) { return .now(hit.awsResponse()) }
    return later(call) { [self] () async throws(Problem) in
      let answer = try await token(for: key)
      try await recordReceipt(of: answer.payload, call, key)
      return answer.awsResponse()
    }
  }

  /// Returns the key of a call's token, after its peer's user name was looked up where the configuration needs it, which
  /// takes long where a directory service has it.
  func key(of call: Call) async throws(Problem) -> TokenKey {
    if let key = try knownKey(of: call) { return key }
    var peer: String?
    if let uid = call.peerUID { peer = await userNames.lookUp(uid) }
    return try call.key(peer: peer)
  }

  /// Returns the key of a call's token; `nil` while the peer's user name, which may decide, is not known yet.
  private func knownKey(of call: Call) throws(Problem) -> TokenKey? {
    let (directory, sessionName) = (call.state.directory, call[.sessionName])
    guard sessionName != nil, let uid = call.peerUID, directory.asksWhoPeerIs(for: call.instance) else {
      return try call.key(peer: nil)
    }
    guard case .known(let peer) = userNames.name(of: uid) else { return nil }
    return try call.key(peer: peer)
  }

  /// Returns a key's token, from the cache or fetched now.
  ///
  /// - Parameter spender: The caller whose budget pays a fetch although a live token is cached.
  func token(
    for key: TokenKey, minimumLifetime: Int = 0, spender: Caller? = nil
  ) async throws(Problem) -> TokenAnswer<TokenContent> {
    try await answer { () async throws(BrokerError) in
      try await broker.token(for: key, minimumLifetime: minimumLifetime) {
        spender.map { budgets.take($0, region: key.region) } ?? true
      }
    }
  }

  /// Asks the broker; its error becomes a response here and nowhere else.
  private func answer(
    _ ask: () async throws(BrokerError) -> TokenAnswer<TokenContent>
  ) async throws(Problem) -> TokenAnswer<TokenContent> {
    do { return try await ask() } catch { throw error == .suspended ? .locked(lock.current) : Problem(error) }
  }

  private func cached(_ key: TokenKey, minimumLifetime: Int = 0) -> TokenAnswer<TokenContent>? {
    let hit = broker.cached(key, minimumLifetime: minimumLifetime)
    metricsPage.metrics.count(hit == nil ? .miss : .hit)
    return hit
  }
}

extension Call {
  /// Returns the key of the token that is asked for, where configuration and rules allow it.
  fileprivate func key(peer: String?) throws(Problem) -> TokenKey {
    let key = try state.directory.key(
      for: instance, sessionName: self[.sessionName], peer: peer, caller: memo, right: right)
    try checkRules(for: key)
    return key
  }
}

extension Call {
  /// The user for whom an instance's `{peer}` stands: the other end of a unix socket, or whose browser this is.
  fileprivate var peerUID: UInt32? {
    if case .unix(let uid, _) = client.transport { uid } else { browserUser }
  }
}
