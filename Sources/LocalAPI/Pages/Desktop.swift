internal import AWS
internal import Clocks
internal import Configuration
internal import HTTPTypes
internal import JSON
package import LocalHTTP
internal import Secrets
internal import Synchronization
internal import System
internal import TokenBroker

/// Serves the agent's browser, which holds no token: with one-time codes and the keys of pages.
///
/// Safe to use from any thread. Cookies would be sent to each server of this machine, since they ignore ports.
package final class Desktop: Sendable {
  private struct State {
    var signIns = OneTimeCodes<SignIn>()
    var statusPages = OneTimeCodes<Void>()
    var pageKeys = PageKeys()
    var address: ListenAddress?
  }

  private let state = Mutex(State())
  private let broker: Broker<TokenContent>
  private let clock: any MomentClock

  init(broker: Broker<TokenContent>, clock: any MomentClock) {
    self.broker = broker
    self.clock = clock
  }

  /// Says where browsers reach us: at the first TCP address.
  package func listen(at addresses: [ListenAddress]) {
    let address = addresses.first { if case .tcp = $0 { true } else { false } }
    state.withLock { $0.address = address }
  }

  /// Makes all codes and keys worthless.
  func revokeAll() {
    state.withLock { $0 = State(address: $0.address) }
  }

  /// What a request without the token may ask, which counts as a use of its key.
  func rights(of request: Request) -> Rights {
    let showsKey = AccessGuard.showsBearer(request) { key in
      let key = Secret(capacity: key.count) { $0.append(contentsOf: key) }
      return state.withLock { $0.pageKeys.use(key, now: clock.now.boot) }
    }
    return showsKey ? .page : .nothing
  }

  /// Whether a request for a page shows a code that is good for it.
  func holdsCode(_ request: Request) -> Bool {
    guard case .desktop(let route) = try? Route(request), let code = route.pageCode else { return false }
    switch route {
    case .signInPage(let instance, _), .signInPageHead(let instance, _):
      return signIn(with: code, to: instance, spending: false) != nil
    default:
      return isGoodForStatusPage(code, spending: false)
    }
  }

  func response(
    to route: DesktopRoute, _ request: Request, from client: Client,
    key: (Route.Target) async throws(Problem) -> TokenKey
  ) async throws(Problem) -> Response {
    switch route {
    case .signIn(let target, let destination):
      let signIn = SignIn(instance: target.instance, key: try await key(target), destination: destination)
      return try codeResponse(
        "/v1/instances/\(PercentEncoding.encode(target.instance))/sign-in?code=", request, client
      ) { $0.signIns.add($1, for: signIn, now: $2) }
    case .openStatusPage:
      return try codeResponse("/?code=", request, client) { $0.statusPages.add($1, for: (), now: $2) }
    case .signInPage(let instance, let code):
      return try await signInPage(instance, code, request, spending: true)
    case .signInPageHead(let instance, let code):
      return try await signInPage(instance, code, request, spending: false)
    case .pageKey(let code):
      return try pageKeyResponse(code)
    case .statusPage(let code):
      if let code, !isGoodForStatusPage(code, spending: false) { throw .codeNotGood }
      return StatusPage.response
    }
  }

  private func signInPage(
    _ instance: String, _ code: Secret, _ request: Request, spending: Bool
  ) async throws(Problem) -> Response {
    // A page that holds a page key must not read what only Amazon Connect is to get.
    guard !FetchMetadata(request).isForPage else { throw .forbidden("This page is opened in a tab of its own.") }
    guard let signIn = signIn(with: code, to: instance, spending: spending) else { throw .codeNotGood }
    let token: TokenAnswer<TokenContent>
    do throws(BrokerError) { token = try await broker.token(for: signIn.key) } catch { throw Problem(error) }
    return try SignInPage.response(token.payload.token, signIn.destination)
  }

  private func signIn(with code: Secret, to instance: String, spending: Bool) -> SignIn? {
    let now = clock.now.boot
    return state.withLock { state in
      guard let signIn = state.signIns.grant(of: code, now: now), signIn.instance == instance else { return nil }
      if spending { state.signIns.spend(code) }
      return signIn
    }
  }

  private func isGoodForStatusPage(_ code: Secret, spending: Bool) -> Bool {
    let now = clock.now.boot
    return state.withLock { state in
      guard state.statusPages.grant(of: code, now: now) != nil else { return false }
      if spending { state.statusPages.spend(code) }
      return true
    }
  }

  private func pageKeyResponse(_ code: Secret) throws(Problem) -> Response {
    guard isGoodForStatusPage(code, spending: true) else { throw .codeNotGood }
    let key = RandomToken.make()
    let now = clock.now.boot
    state.withLock { $0.pageKeys.add(key, now: now) }
    return Self.created("key", key, expiresIn: PageKeys.idleTime)
  }

  private func codeResponse(
    _ target: String, _ request: Request, _ client: Client,
    add: (inout State, _ code: Secret, _ now: Int64) -> Void
  ) throws(Problem) -> Response {
    let origin = try origin(for: request, client)
    let code = RandomToken.make()
    let now = clock.now.boot
    state.withLock { add(&$0, code, now) }
    let url = Secret(capacity: 256) { url in
      url.append(origin + target)
      url.append(code)
    }
    return Self.created("url", url, expiresIn: OneTimeCodes<SignIn>.lifetime)
  }

  /// Where the caller's browser reaches us: as the caller itself did, which may be through a forwarded port.
  private func origin(for request: Request, _ client: Client) throws(Problem) -> String {
    if client.transport == .tcp, let authority = request.authority { return "http://\(authority)" }
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
  fileprivate static let codeNotGood = forbidden(
    "The one-time code was used, has expired, or is for something else. Get another one by fedbroker sign-in or"
      + " fedbroker status --web.")
}
