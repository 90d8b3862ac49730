internal import Configuration
internal import LocalHTTP
internal import Synchronization

/// Who calls, and what the rules give that caller.
extension Service {
  /// Answers the first call of a connection, of whose caller nothing is known yet; likewise each of a status page.
  func askWho(_ call: Call, _ route: Route) throws(Problem) -> Answer {
    let caller = call.caller
    guard let rules = call.state.rules else { return try answer(call, route, from: caller, with: .everything) }
    guard let uid = caller.uid, !rules.isUnrestricted(uid) else {
      return try answer(call, route, from: caller, with: rules.grants(to: caller))
    }
    let name: UserNames.Name = rules.asksForName ? userNames.name(of: uid) : .known(nil)
    let gids = call.opener == nil && rules.asksForGroups ? call.client.gids : rules.asksForGroups ? nil : []
    if let gids, case .known(let name) = name {
      return try answer(call, route, from: caller, with: rules.grants(to: caller, gids: gids, name: name))
    }
    // A directory service may have the user's name and groups.
    return later(call) { [self] () async throws(Problem) in
      let name = rules.asksForName ? await userNames.lookUp(uid) : nil
      var found = gids ?? []
      if gids == nil { found = await userNames.groups(of: uid) }
      let grants = rules.grants(to: caller, gids: found, name: name)
      switch try answer(call, route, from: caller, with: grants) {
      case .now(let response), .refused(let response): return response
      case .later(let work), .lasting(let work): return await work()
      case .abort: throw .notGiven
      }
    }
  }

  private func answer(
    _ call: Call, _ route: Route, from caller: Caller, with grants: Grants
  ) throws(Problem) -> Answer {
    let memo = CallerMemo(state: call.state, token: call.token, caller: caller, grants: grants)
    // A page is not its opener's connection.
    if call.opener == nil { call.client.notes.withLock { $0 = memo } }
    var call = call
    call.memo = memo
    try checkRules(of: &call, memo)
    return try route.handler(self, call)
  }

  /// Throws 403 where no rule gives what a call asks for.
  func checkRules(of call: inout Call, _ memo: CallerMemo) throws(Problem) {
    guard let right = call.right else { return }
    guard memo.asksRules(about: right, on: call.instance) else {
      call.isGivenToAllNames = memo.isGivenToAllNames
      return
    }
    try call.checkRules()
    call.remember {
      ($0.right, $0.instance, $0.key) = (right, call.instance, nil)
      $0.isGivenToAllNames = memo.grants.giveAllSessionNames(right, instance: call.names)
    }
  }
}

extension Client {
  /// The groups of a unix socket's peer, as the kernel says; `nil` on TCP, where it does not.
  fileprivate var gids: [UInt32]? {
    if case .unix(_, let gids) = transport { gids } else { nil }
  }
}
