package import Clocks
internal import Configuration
internal import HTTPTypes
package import LocalHTTP
package import Logging
package import Secrets
internal import Synchronization
internal import TokenBroker

/// Answers the requests of the main listeners: guard, then route, then broker.
package final class Service: RequestHandler {
  /// What a reload or a new token file replaces, as one value, so that no request sees half of a change.
  package final class Terms: Sendable {
    package let accessGuard: AccessGuard
    package let token: Secret
    package let directory: InstanceDirectory

    package init(accessGuard: AccessGuard, token: Secret, directory: InstanceDirectory) {
      self.accessGuard = accessGuard
      self.token = token
      self.directory = directory
    }
  }

  private let broker: Broker<TokenContent>
  private let metricsPage: MetricsPage
  private let observer: RequestObserver
  private let logger: Logger
  private let terms: Mutex<Terms>
  private let userNames = UserNames()
  private let clock: any MomentClock
  package let desktop: Desktop

  package init(metricsPage: MetricsPage, clock: any MomentClock, terms: Terms, logger: Logger) {
    self.metricsPage = metricsPage
    broker = metricsPage.broker
    observer = RequestObserver(metrics: metricsPage.metrics, logger: logger)
    self.clock = clock
    desktop = Desktop(broker: broker, clock: clock)
    self.terms = Mutex(terms)
    self.logger = logger
  }

  package var directory: InstanceDirectory { terms.withLock { $0.directory } }

  /// Puts other terms in force for the requests to come.
  package func replaceTerms(_ change: (Terms) -> Terms) {
    let isOtherToken = terms.withLock { terms in
      let former = terms
      terms = change(former)
      return terms.token != former.token
    }
    // What was given for a token is worth no more than the token.
    if isOtherToken { desktop.revokeAll() }
  }

  package func answer(_ request: Request, from client: Client) -> Answer {
    observer.observe(client) { answer(request, &$0) }
  }

  private func answer(_ request: Request, _ exchange: inout Exchange) -> Answer {
    let client = exchange.client
    let terms = self.terms.withLock { $0 }
    var origin: String?
    do throws(Problem) {
      let caller = try terms.accessGuard.admit(
        request, from: client, token: terms.token, now: clock.now.wall / 1000, holdsCode: desktop.holdsCode(request))
      origin = caller.origin
      if let origin, CORS.isPreflight(request) { return .now(CORS.preflightResponse(request, origin: origin)) }
      let rights = caller.isAuthenticated ? .everything : desktop.rights(of: request)
      guard rights != .nothing || Self.isOpen(request) else { throw .unauthorized }
      let route = try Route(request)
      exchange.route = route.name
      guard rights.allow(route) else { throw rights == .nothing ? .unauthorized : .beyondPageKey }
      var answer = try answer(request, route, caller: caller, directory: terms.directory, client: client)
      if rights == .page { answer = answer.withoutToken(route) }
      return origin.map { answer.marked(origin: $0) } ?? answer
    } catch {
      let answer = Answer.now(response(to: error, from: client, in: Dialect(of: request), id: exchange.id))
      return origin.map { answer.marked(origin: $0) } ?? answer
    }
  }

  package func refuse(_ refusal: Refusal, from client: Client) -> Response {
    observer.refused(with: refusal.status)
    return response(to: Problem(refusal), from: client)
  }

  /// Container probes cannot hold a token, and what they learn is a yes or a no; nor can browsers, which show codes.
  private static func isOpen(_ request: Request) -> Bool {
    let path = request.path
    return ["/healthz", "/readyz", "/", "/v1/status-page/key"].contains(path) || path.hasSuffix("/sign-in")
  }

  private func answer(
    _ request: Request, _ route: Route, caller: AccessGuard.Caller, directory: InstanceDirectory, client: Client
  ) throws(Problem) -> Answer {
    switch route {
    case .token(let target, let minimumLifetime, let field):
      let known = try key(of: target, directory, client)
      if let known, let hit = cached(known, minimumLifetime: minimumLifetime) {
        return .now(try hit.response(field: field))
      }
      return later(client) { [self] () async throws(Problem) in
        let key = try await key(of: target, directory, lookingUp: client, known: known)
        do throws(BrokerError) {
          return try await broker.token(for: key, minimumLifetime: minimumLifetime)
        } catch { throw Problem(error) }
      } response: { (answer) throws(Problem) in
        try answer.response(field: field)
      }
    case .refresh(let target, let field):
      let known = try key(of: target, directory, client)
      return later(client) { [self] () async throws(Problem) in
        let key = try await key(of: target, directory, lookingUp: client, known: known)
        do throws(BrokerError) { return try await broker.refresh(key) } catch { throw Problem(error) }
      } response: { (answer) throws(Problem) in
        try answer.response(field: field)
      }
    case .forget(let target):
      if let known = try key(of: target, directory, client) {
        broker.forget(known)
        return .now(Response(status: .noContent))
      }
      return later(client) { [self] () async throws(Problem) in
        broker.forget(try await key(of: target, directory, lookingUp: client, known: nil))
      } response: {
        Response(status: .noContent)
      }
    case .federate(let instance):
      let key = try directory.key(for: instance, selector: IdentitySelector(request))
      if let hit = cached(key) { return .now(hit.awsResponse()) }
      return .later { [self] in
        do throws(BrokerError) {
          return try await broker.token(for: key).awsResponse()
        } catch {
          return response(to: Problem(error), from: client, in: .aws)
        }
      }
    case .instances:
      return .now(InstanceList.response(directory: directory, snapshots: broker.snapshot()))
    case .health:
      return .now(Probe.health())
    case .readiness:
      return .now(
        try Probe.readiness(of: directory, snapshots: broker.snapshot(), namesMissing: caller.isAuthenticated))
    case .metrics:
      // Not on the event loop, which has others to answer meanwhile.
      return .later { [metricsPage] in metricsPage.response(directory) }
    case .description:
      return .now(APIDescription.response)
    case .desktop(let route):
      return .later { [self] in
        do throws(Problem) {
          return try await desktop.response(to: route, request, from: client) { (target) async throws(Problem) in
            try await self.key(of: target, directory, lookingUp: client, known: self.key(of: target, directory, client))
          }
        } catch {
          return response(to: error, from: client, in: Dialect(of: request))
        }
      }
    }
  }

  private func cached(_ key: TokenKey, minimumLifetime: Int = 0) -> TokenAnswer<TokenContent>? {
    let hit = broker.cached(key, minimumLifetime: minimumLifetime)
    metricsPage.metrics.count(hit == nil ? .miss : .hit)
    return hit
  }

  /// The key of a target; `nil` while the peer's user name, which may say what is allowed, is not known yet.
  private func key(
    of target: Route.Target, _ directory: InstanceDirectory, _ client: Client
  ) throws(Problem) -> TokenKey? {
    guard target.sessionName != nil, let uid = client.uid, directory.asksWhoPeerIs(for: target.instance) else {
      return try directory.key(for: target.instance, sessionName: target.sessionName)
    }
    guard case .known(let peer) = userNames.name(of: uid) else { return nil }
    return try directory.key(for: target.instance, sessionName: target.sessionName, peer: peer)
  }

  /// The same after the user name was looked up, which takes long where a directory service has it.
  private func key(
    of target: Route.Target, _ directory: InstanceDirectory, lookingUp client: Client, known: TokenKey?
  ) async throws(Problem) -> TokenKey {
    if let known { return known }
    var peer: String?
    if let uid = client.uid { peer = await userNames.lookUp(uid) }
    return try directory.key(for: target.instance, sessionName: target.sessionName, peer: peer)
  }

  private func later<Value: Sendable>(
    _ client: Client, _ work: @escaping @Sendable () async throws(Problem) -> Value,
    response: @escaping @Sendable (Value) throws(Problem) -> Response
  ) -> Answer {
    .later { [self] in
      do throws(Problem) {
        return try response(try await work())
      } catch {
        return self.response(to: error, from: client)
      }
    }
  }

  /// Words an error answer, and logs it under the id that the caller is given.
  private func response(
    to problem: Problem, from client: Client, in dialect: Dialect = .local, id: RequestID? = nil
  ) -> Response {
    let id = id ?? RequestID.current ?? RequestID()
    // What an operator has to act on is shown at the default level; what any program here can cause at will is not.
    logger.log(
      level: problem.status.kind == .serverError ? .info : .debug, "answered with an error",
      metadata: [
        "request_id": "\(id)", "status": "\(problem.status.code)", "code": "\(problem.code)",
        "detail": "\(problem.detail)", "client": "\(client.address)",
      ])
    return dialect.response(to: problem, requestID: id)
  }
}

extension Client {
  fileprivate var uid: UInt32? {
    if case .unix(let uid, _) = transport { uid } else { nil }
  }
}

extension Answer {
  /// The same for the page of an allowed origin.
  fileprivate func marked(origin: String) -> Answer {
    map { CORS.marked($0, origin: origin) }
  }

  /// The same for a status page, which learns that its refresh succeeded and no more.
  fileprivate func withoutToken(_ route: Route) -> Answer {
    guard case .refresh = route else { return self }
    return map { $0.status == .ok ? Response(status: .noContent) : $0 }
  }

  private func map(_ transform: @escaping @Sendable (Response) -> Response) -> Answer {
    switch self {
    case .now(let response): .now(transform(response))
    case .later(let work): .later { transform(await work()) }
    case .abort: .abort
    }
  }
}
