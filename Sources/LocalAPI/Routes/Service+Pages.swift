internal import FederationBroker
internal import LocalHTTP

/// The handlers of the routes of a browser that need a token.
extension Service {
  func signInAddress(_ call: Call) throws(Problem) -> Answer {
    // The key of a page signs in from that page; its browser says so, and no page can say it of itself.
    guard call.rights != .page || FetchMetadata(call.request).isFromOwnPage else {
      throw .forbidden(.code, "The key of a status page signs in from that page only.")
    }
    let destination = try call.destination()
    try checkLock()
    return later(call) { [self] () async throws(Problem) in
      let key = try await key(of: call)
      try await record(.signIn, call, key, outcome: "code")
      return try pages.address(
        of: SignIn(
          instance: call.instance, key: key, destination: destination, isForPageKey: call.rights == .page), call)
    }
  }

  func signInPage(_ call: Call) -> Answer {
    // Asked now, on the connection's thread, for the audit log.
    if call.state.isAudited { _ = call.client.uid }
    return later(call) { [self] () async throws(Problem) in
      // The code is not spent meanwhile.
      try checkLock()
      let signIn = try pages.signIn(call)
      let content = try await token(for: signIn.key).payload
      try await record(.signIn, call, signIn.key, content)
      return try SignInPage.response(content.token, signIn.destination)
    }
  }
}
