internal import AWS
internal import Clocks
internal import FederationBroker
internal import Glibc
internal import HTTPTypes
internal import LocalHTTP
internal import RefreshingCache
internal import Secrets

/// The status page's button that signs in to AWS, as `fedbroker login` does.
extension Service {
  /// Answers with the address where the daemon's own user signs in: the sign-in is kept in that user's home.
  func awsSignInAddress(_ call: Call) throws(Problem) -> Answer {
    // Asked now, on the connection's thread.
    guard let uid = call.caller.uid, uid == geteuid() else {
      throw .forbidden(.access, "Only the user whose daemon this is signs in to AWS from its page.")
    }
    // As for the sign-in to Amazon Connect.
    guard call.rights != .page || FetchMetadata(call.request).isFromOwnPage else {
      throw .forbidden(.code, "The key of a status page signs in from that page only.")
    }
    try checkLock()
    let port = try pages.loopbackPort()
    return later(call) { [self] () async throws(Problem) in
      let key = try await key(of: call)
      guard let signIn = call.state.directory.signInToAWS(key), signIn.usesLoopback else {
        throw Problem(
          .conflict, "AWSSignInUnavailable",
          "The credentials of this instance come from no sso_session, to which a browser could sign in: see fedbroker"
            + " check-config --credentials.")
      }
      let request: AuthorizationRequest
      do throws(AWSError) { request = try await signIn.authorization(port: port) } catch {
        throw Problem(.source(error))
      }
      return pages.awsSignInAddress(
        PendingAWSSignIn(uid: uid, signIn: signIn, request: request, end: clock.now.boot + PendingAWSSignIn.lifetime))
    }
  }

  /// Answers the browser that comes back.
  func awsSignInPage(_ call: Call) throws(Problem) -> Answer {
    try answerBrowser(call) { [self] (call, uid) async throws(Problem) in
      // Nothing is spent meanwhile: the person unlocks, and loads this address again.
      try checkLock()
      guard let (pending, answer) = pages.awsSignIn(of: uid, call.query) else { throw .foreignAnswer }
      guard case .code(let code) = answer else {
        return Self.page(
          "You are not signed in to AWS", "IAM Identity Center did not sign you in. Nothing was changed.")
      }
      do throws(AWSError) { try await pending.signIn.finish(pending.request, code: code) } catch {
        throw Problem(.source(error))
      }
      return Self.page("You are signed in to AWS", "You can close this tab, and go on where you were.")
    }
  }

  private static func page(_ title: String, _ text: String) -> Response {
    let main = Secret(capacity: 256) { main in
      main.append("<p role=\"status\">")
      main.appendHTML(text)
      main.append("</p>")
    }
    return Page(title: title, main: main).response()
  }
}

extension Problem {
  /// A stranger's code, or one that came too late.
  fileprivate static let foreignAnswer = badRequest(
    "This is not the answer to a sign-in to AWS that is under way. Nothing was changed.")
}
