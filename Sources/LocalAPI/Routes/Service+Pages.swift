internal import FederationBroker
internal import LocalHTTP

/// The handlers of the routes of a browser that need a token.
extension Service {
  func signInAddress(_ call: Call) throws(Problem) -> Answer {
    let destination = try call.destination()
    return later(call) { [self] () async throws(Problem) in
      try pages.address(
        of: SignIn(instance: call.instance, key: try await key(of: call), destination: destination), call)
    }
  }

  func signInPage(_ call: Call) -> Answer {
    later(call) { [self] () async throws(Problem) in
      let signIn = try pages.signIn(call)
      return try SignInPage.response(try await token(for: signIn.key).payload.token, signIn.destination)
    }
  }
}
