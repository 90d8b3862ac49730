internal import AWS
internal import FederationBroker
internal import HTTPTypes
internal import LocalHTTP
internal import Secrets

/// The lasting addresses, which hold no code: a browser is admitted by the user whom the kernel names as its owner.
extension Service {
  /// Answers `GET /sign-in/INSTANCE`: a page with one button, or the sign-in itself where a page of a listed origin led
  /// here.
  func lastingSignInPage(_ call: Call) throws(Problem) -> Answer {
    let destination = try call.destination()
    return try answerBrowser(call) { [self] (call, uid) async throws(Problem) in
      try checkLock()
      let key = try await key(of: call)
      let signIn = PageSignIn(uid: uid, instance: call.instance, key: key)
      guard !call.isFromLoginOrigin else { return try await signInPage(call, signIn, destination).response }
      return signInButton(for: signIn)
    }
  }

  /// Answers what that page posts back.
  func signInFromPage(_ call: Call) throws(Problem) -> Answer {
    let destination = try call.destination()
    let form = SignInForm(call.request.body)
    guard FetchMetadata(call.request).isFromOwnPage, call.request.contains("origin") else {
      throw .forbidden(.origin, "Only the page at this address may send this.")
    }
    return try answerBrowser(call) { [self] (call, uid) async throws(Problem) in
      try checkLock()
      let key = try await key(of: call)
      let signIn = PageSignIn(uid: uid, instance: call.instance, key: key)
      if let code = form.code {
        guard let shiftKey = pages.spend(code, for: signIn) else { return signInButton(for: signIn, .tooLate) }
        let (response, user) = try await signInPage(call, signIn, destination)
        if form.remembers { pages.remember(shiftKey, ShiftKeys.Grant(page: signIn, userARN: user)) }
        return response
      }
      guard let shiftKey = form.key, let grant = pages.grant(ofShiftKey: shiftKey), grant.page == signIn else {
        return signInButton(for: signIn, .notRemembered)
      }
      let (response, user) = try await signInPage(call, signIn, destination)
      // The credentials may belong to the person of the next shift.
      guard grant.userARN == user else {
        pages.forget(shiftKey)
        return signInButton(for: signIn, .notRemembered)
      }
      return response
    }
  }

  /// Answers `GET /`: the status page, with a button where the browser is an admitted user's.
  func statusPage(_ call: Call) throws(Problem) -> Answer {
    try pages.checkStatusPage(call)
    guard call[.code] == nil, FetchMetadata(call.request).isVisit, case .tcp = call.client.transport,
      let uid = call.client.uid
    else { return .now(StatusPage.response) }
    return later(call) { [self] () async throws(Problem) in
      guard let caller = await admitted(call, uid)?.memo?.caller else { return StatusPage.response }
      return StatusPage.page(code: pages.offerStatusPage(to: caller))
    }
  }

  private func signInPage(
    _ call: Call, _ page: PageSignIn, _ destination: Destination
  ) async throws(Problem) -> (response: Response, userARN: String?) {
    try await signInPage(
      call, SignIn(instance: page.instance, key: page.key, destination: destination), uid: page.uid)
  }

  private func signInButton(for signIn: PageSignIn, _ note: LastingSignInPage.Note? = nil) -> Response {
    let (code, shiftKey) = pages.offer(signIn)
    // A visit that another site's page causes has nothing fetched.
    let known = broker.seen(signIn.key)?.userARN
    return LastingSignInPage(
      instance: signIn.instance, user: signIn.key.identity.sessionName ?? known?.lastPathComponent, code: code,
      key: shiftKey, note: note
    ).response()
  }

  /// Answers a browser's visit by `work`, where the browser's user is admitted: as on the unix socket, or by a rule that
  /// names it.
  func answerBrowser(
    _ call: Call, _ work: @escaping @Sendable (Call, _ uid: UInt32) async throws(Problem) -> Response
  ) throws(Problem) -> Answer {
    guard FetchMetadata(call.request).isVisit else {
      throw .forbidden(.origin, "This address is for a browser's window: open it there, or use fedbroker sign-in.")
    }
    // Asked now, on the connection's thread.
    guard case .tcp = call.client.transport, let uid = call.client.uid else { throw .unknownBrowser }
    return later(call) { [self] () async throws(Problem) in
      guard let call = await admitted(call, uid) else { throw .foreignBrowser }
      try call.checkRules()
      return try await work(call, uid)
    }
  }

  /// Returns the call as one of the browser's user, with what the rules give it; `nil` where the user is not admitted.
  private func admitted(_ call: Call, _ uid: UInt32) async -> Call? {
    let (accessGuard, rules) = (call.state.accessGuard, call.state.rules)
    let asksForGroups = accessGuard.asksForGroups || rules?.asksForGroups == true
    let gids = asksForGroups ? await userNames.groups(of: uid) : []
    guard accessGuard.admits(uid: uid, gids: gids) || rules?.name(uid, gids: gids) == true else { return nil }
    let name = rules?.asksForName == true ? await userNames.lookUp(uid) : nil
    let caller = Caller(uid: uid, token: nil)
    var call = call
    call.browserUser = uid
    call.memo = CallerMemo(
      state: call.state, token: nil, caller: caller,
      grants: rules?.grants(to: caller, gids: gids, name: name) ?? .everything)
    return call
  }
}

extension Call {
  /// Whether a page led here that needs no click, as its Referrer-Policy lets it say.
  ///
  /// No page can send another origin's `Referer`. Programs can, and are admitted by their user all the same.
  fileprivate var isFromLoginOrigin: Bool {
    guard let origin = request.refererOrigin else { return false }
    return state.directory.entries(named: instance).contains { $0.loginOrigins.contains(origin) }
  }
}

extension Request {
  /// The origin of `Referer`, serialized as in `Origin`; `nil` without one.
  fileprivate var refererOrigin: String? {
    guard let referer = value("referer"), let scheme = referer.firstRange(of: "://") else { return nil }
    let authority = referer[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    return (referer[..<scheme.upperBound] + authority).lowercased()
  }
}

extension String {
  /// What follows the last `/`.
  var lastPathComponent: String { split(separator: "/").last.map(String.init) ?? self }
}

extension Problem {
  fileprivate static let unknownBrowser = forbidden(
    .peer,
    "The kernel does not say whose browser this is, as behind a forwarded port or in a container. Use fedbroker sign-in"
      + " INSTANCE.")
  fileprivate static let foreignBrowser = forbidden(
    .peer,
    "The user of this browser is not among those allowed: see socket_users, socket_groups and [[access]] in the"
      + " configuration.")
}
