internal import AWS
internal import Clocks
internal import Configuration
internal import HTTPTypes
internal import JSON
package import LocalHTTP
internal import Secrets
internal import Synchronization
internal import System

/// Serves the agent's browser, which holds no token: with one-time codes and the keys of pages.
///
/// Safe to use from any thread. Cookies would be sent to each server of this machine, since they ignore ports.
package final class Pages: Sendable {
  private struct State {
    var signIns = OneTimeCodes<SignIn>()
    /// Each for the caller who opens a status page.
    var statusPages = OneTimeCodes<Caller>()
    /// Each for the caller who has the lasting address of the status page before him, and has not clicked yet.
    var statusOffers = OneTimeCodes<Caller>(lifetime: 600_000)
    /// Each for the page with the button, which a person may look at for a while, and with the key that it may keep.
    var offers = OneTimeCodes<(signIn: PageSignIn, shiftKey: Secret)>(lifetime: 600_000)
    /// Each for the page between two people.
    var handovers = OneTimeCodes<SignIn>(lifetime: 600_000)
    var people = SignedInPeople()
    var shiftKeys = ShiftKeys()
    /// The sign-ins to AWS that a browser is to come back from, the oldest first.
    var awsSignIns: [PendingAWSSignIn] = []
    var keys = PageKeys()
    var address: ListenAddress?
  }

  private let state = Mutex(State())
  private let clock: any MomentClock

  init(clock: any MomentClock) {
    self.clock = clock
  }

  /// Sets where browsers reach the daemon: at the first TCP address.
  package func listen(at addresses: [ListenAddress]) {
    let address = addresses.first { if case .tcp = $0 { true } else { false } }
    state.withLock { $0.address = address }
  }

  /// Makes all codes and keys worthless.
  func revokeAll() {
    // The cookies of those who are signed in stay.
    state.withLock { $0 = State(people: $0.people, address: $0.address) }
  }

  /// Returns who opened the status page whose key a request shows, and resets the key's idle timer; `nil` where it shows
  /// none.
  func opener(of request: Request) -> Caller? {
    AccessGuard.bearer(of: request) { key in
      guard key.count == RandomToken.length else { return nil }
      let key = Secret(capacity: key.count) { $0.append(contentsOf: key) }
      return state.withLock { $0.keys.use(key, now: clock.now.boot) }
    }
  }

  /// Returns whether a request for a page has a one-time code that is valid for it.
  func holdsCode(_ request: Request, for match: RouteTable.Match) -> Bool {
    guard let entry = match.resource?.entry(for: request.method), case .page = entry.route.errorFormat,
      let code = (try? request.query(of: entry))?.first(where: { $0.name == QueryParameter.code.rawValue })
    else { return false }
    let isSignIn = !match.instance.isEmpty
    return isSignIn
      ? signIn(with: Secret(code.value), to: match.instance, spending: false) != nil
      : opener(with: Secret(code.value), spending: false) != nil
  }

  /// Answers with an address that signs in.
  func address(of signIn: SignIn, _ call: Call) throws(Problem) -> Response {
    try address(Self.target(of: signIn), call) { $0.signIns.add($1, for: signIn, now: $2) }
  }

  private static func target(of signIn: SignIn) -> String {
    "/v1/instances/\(PercentEncoding.encode(signIn.instance))/sign-in?code="
  }

  /// Returns who is signed in to an instance in a user's browsers, unless it is `person`.
  func other(than person: SignedInPeople.Person, uid: UInt32?, instanceID: String) -> SignedInPeople.Person? {
    state.withLock { $0.people.other(than: person, uid: uid, instanceID: instanceID) }
  }

  /// Takes note of who is signed in there from now on.
  func note(_ person: SignedInPeople.Person, uid: UInt32?, instanceID: String) {
    state.withLock { $0.people.note(person, uid: uid, instanceID: instanceID) }
  }

  /// Makes the path that signs in once the former person is signed out.
  func offerHandover(_ signIn: SignIn) -> Secret {
    var signIn = signIn
    signIn.isHandedOver = true
    let code = RandomToken.make()
    let now = clock.now.boot
    state.withLock { $0.handovers.add(code, for: signIn, now: now) }
    return Secret(capacity: 256) { path in
      path.append(Self.target(of: signIn))
      path.append(code)
    }
  }

  /// Answers with an address that opens the status page.
  func statusPageAddress(_ call: Call) throws(Problem) -> Response {
    let opener = call.caller
    return try address("/?code=", call) { $0.statusPages.add($1, for: opener, now: $2) }
  }

  /// Returns what a call's code allows, and spends the code, except for `HEAD`, which changes nothing.
  func signIn(_ call: Call) throws(Problem) -> SignIn {
    let metadata = FetchMetadata(call.request)
    // A page that holds a page key must not read what only Amazon Connect is to get.
    guard !metadata.isForPage else { throw .inTabOnly }
    guard let code = call[.code],
      let signIn = signIn(with: Secret(code), to: call.instance, spending: call.request.method != .head)
    else { throw .invalidCode }
    // Nor must a program that got hold of the key, which would be shown the credentials: only a browser opens a tab.
    guard !signIn.isForPageKey || metadata.isDocumentNavigation || call.request.method == .head else {
      throw .inTabOnly
    }
    return signIn
  }

  /// Exchanges a one-time code for the key of a status page.
  func pageKey(_ call: Call) throws(Problem) -> Response {
    // In the body: an address is kept in a browser's history.
    guard let code = (try? SecretJSON(parsing: Secret(call.request.body)))?["code"]?.secretString else {
      throw .badRequest("The body is a JSON object with the code.")
    }
    guard let opener = opener(with: code, spending: true) else { throw .invalidCode }
    let key = RandomToken.make()
    let now = clock.now.boot
    state.withLock { $0.keys.add(key, for: opener, now: now) }
    return Self.created("key", key, expiresIn: PageKeys.idleTime)
  }

  /// Throws where a code that the status page is opened with is not valid.
  func checkStatusPage(_ call: Call) throws(Problem) {
    // Signed requests without a code are for operations of AWS that we do not know.
    guard call[.code] != nil || !LocalSignature.isClaimed(by: call.request) else { throw .nothingHere }
    if let code = call[.code], opener(with: Secret(code), spending: false) == nil { throw .invalidCode }
  }

  /// Makes the code that the button of a status page spends.
  func offerStatusPage(to caller: Caller) -> Secret {
    let code = RandomToken.make()
    let now = clock.now.boot
    state.withLock { $0.statusOffers.add(code, for: caller, now: now) }
    return code
  }

  /// Where the browser comes back to from a sign-in to AWS: IAM Identity Center knows 127.0.0.1 only.
  func loopbackPort() throws(Problem) -> Int {
    guard case .tcp(let host, let port)? = state.withLock({ $0.address }), ["127.0.0.1", "0.0.0.0"].contains(host)
    else {
      throw Problem(
        .conflict, "NoBrowserAddress",
        "A browser comes back from AWS to 127.0.0.1 only: make it the first address of listen, or use fedbroker login.")
    }
    return Int(port)
  }

  /// Answers with the address where a person signs in to AWS, and waits for the browser to come back.
  func awsSignInAddress(_ pending: PendingAWSSignIn) -> Response {
    state.withLock { state in
      state.awsSignIns.removeAll { $0.end <= clock.now.boot }
      if state.awsSignIns.count >= PendingAWSSignIn.capacity { state.awsSignIns.removeFirst() }
      state.awsSignIns.append(pending)
    }
    return Self.created("url", pending.request.url, expiresIn: PendingAWSSignIn.lifetime)
  }

  /// Returns the sign-in to AWS that a browser of that user came back from, once, and what it brought; `nil` for none.
  func awsSignIn(
    of uid: UInt32, _ query: [(name: String, value: String)]
  ) -> (pending: PendingAWSSignIn, answer: AuthorizationRequest.Answer)? {
    let now = clock.now.boot
    return state.withLock { state in
      for (index, pending) in state.awsSignIns.enumerated() where pending.uid == uid && now < pending.end {
        let answer = pending.request.answer(query)
        guard answer != .foreign else { continue }
        state.awsSignIns.remove(at: index)
        return (pending, answer)
      }
      return nil
    }
  }

  /// Makes the code of a page with the button, and the key that it may keep.
  func offer(_ signIn: PageSignIn) -> (code: Secret, shiftKey: Secret) {
    let (code, shiftKey) = (RandomToken.make(), RandomToken.make())
    let now = clock.now.boot
    state.withLock { $0.offers.add(code, for: (signIn, shiftKey), now: now) }
    return (code, shiftKey)
  }

  /// Spends the code of such a page, and returns the key that the page may keep; `nil` where the code is not valid.
  func spend(_ code: Secret, for signIn: PageSignIn) -> Secret? {
    let now = clock.now.boot
    return state.withLock { state in
      guard let offer = state.offers.grant(of: code, now: now), offer.signIn == signIn else { return nil }
      state.offers.spend(code)
      return offer.shiftKey
    }
  }

  /// Makes a key valid for the length of a shift.
  func remember(_ shiftKey: Secret, _ grant: ShiftKeys.Grant) {
    let now = clock.now.boot
    state.withLock { $0.shiftKeys.add(shiftKey, for: grant, now: now) }
  }

  /// Returns what a key is good for that a browser kept; `nil` where it is not valid.
  func grant(ofShiftKey key: Secret) -> ShiftKeys.Grant? {
    let now = clock.now.boot
    return state.withLock { $0.shiftKeys.grant(of: key, now: now) }
  }

  /// Makes such a key worthless.
  func forget(_ shiftKey: Secret) { state.withLock { $0.shiftKeys.remove(shiftKey) } }

  private func signIn(with code: Secret, to instance: String, spending: Bool) -> SignIn? {
    let now = clock.now.boot
    return state.withLock { state in
      let found = state.signIns.grant(of: code, now: now) ?? state.handovers.grant(of: code, now: now)
      guard let signIn = found, signIn.instance == instance else { return nil }
      if spending {
        state.signIns.spend(code)
        state.handovers.spend(code)
      }
      return signIn
    }
  }

  /// Returns who got a code for a status page; `nil` where it is not valid.
  private func opener(with code: Secret, spending: Bool) -> Caller? {
    let now = clock.now.boot
    return state.withLock { state in
      let opener = state.statusPages.grant(of: code, now: now) ?? state.statusOffers.grant(of: code, now: now)
      guard let opener else { return nil }
      if spending {
        state.statusPages.spend(code)
        state.statusOffers.spend(code)
      }
      return opener
    }
  }

  private func address(
    _ target: String, _ call: Call, add: (inout State, _ code: Secret, _ now: Int64) -> Void
  ) throws(Problem) -> Response {
    let origin = try origin(for: call)
    let code = RandomToken.make()
    let now = clock.now.boot
    state.withLock { add(&$0, code, now) }
    let url = Secret(capacity: 256) { url in
      url.append(origin + target)
      url.append(code)
    }
    return Self.created("url", url, expiresIn: state.withLock(\.signIns.lifetime))
  }

  /// Returns where the caller's browser reaches the daemon: as the caller itself did, which may be through a forwarded
  /// port.
  private func origin(for call: Call) throws(Problem) -> String {
    if call.client.transport == .tcp, let authority = call.request.authority { return "http://\(authority)" }
    guard case .tcp(let host, let port) = state.withLock({ $0.address }) else {
      throw Problem(
        .conflict, "NoBrowserAddress", "A browser needs a TCP address: add one, such as 127.0.0.1:2776, to listen.")
    }
    // A listener on all addresses is reached at the loopback one, which is a Host that is always served.
    let reachable = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "::1" : host
    return "http://\(ListenAddress.tcp(host: reachable, port: port))"
  }

  private static func created(_ name: String, _ value: Secret, expiresIn milliseconds: Int64) -> Response {
    let body = Secret(capacity: 512) { body in
      body.append("{\"\(name)\":")
      body.appendJSON(string: value)
      body.append(",\"expires_in\":\(milliseconds / 1000)}")
    }
    return Response(status: .created, content: Content(mediaType: "application/json", bytes: body))
  }
}

extension Problem {
  fileprivate static let inTabOnly = forbidden(.code, "This page is opened in a tab of its own.")
  fileprivate static let invalidCode = forbidden(
    .code,
    "The one-time code was used, has expired, or is for something else. Get another one by fedbroker sign-in or"
      + " fedbroker status --web.")
}
