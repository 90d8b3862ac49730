internal import AWS
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
    // Asked now, on the connection's thread.
    let uid = call.client.uid
    return later(call) { [self] () async throws(Problem) in
      // The code is not spent meanwhile.
      try checkLock()
      let signIn = try pages.signIn(call)
      return try await signInPage(call, signIn, uid: uid).response
    }
  }

  /// Returns the page that signs in, and who it signs in as AWS says; where another person was signed in in the browsers of
  /// that user, the page that signs that one out first.
  func signInPage(
    _ call: Call, _ signIn: SignIn, uid: UInt32?
  ) async throws(Problem) -> (response: Response, userARN: String?) {
    let content = try await token(for: signIn.key).payload
    let token = content.token
    let (instanceID, sessionName) = (signIn.key.instanceID, signIn.key.identity.sessionName)
    let person = token.userARN.map { SignedInPeople.Person(arn: $0, name: sessionName ?? $0.lastPathComponent) }
    if let person, !signIn.isHandedOver, let logout = SignInPage.logout(of: token),
      let former = pages.other(than: person, uid: uid, instanceID: instanceID)
    {
      let page = HandoverPage(former: former, next: person, logout: logout, signIn: pages.offerHandover(signIn))
      return (page.response(), token.userARN)
    }
    try await record(.signIn, call, signIn.key, content)
    let response = try SignInPage.response(token, signIn.destination)
    if let person { pages.note(person, uid: uid, instanceID: instanceID) }
    return (response, token.userARN)
  }
}
