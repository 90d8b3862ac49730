package import Clocks
internal import FederationBroker
internal import HTTPTypes
package import LocalHTTP
package import Logging
internal import Synchronization

/// Answers the requests of the main listeners: guard, route, handler.
///
/// Safe to use from any thread.
package final class Service: RequestHandler {
  let broker: Broker<TokenContent>
  let metricsPage: MetricsPage
  let userNames = UserNames()
  /// The pages for browsers.
  package let pages: Pages
  let observer: RequestObserver
  private let logger: Logger
  private let state: Mutex<ServingState>
  private let clock: any MomentClock

  package init(metricsPage: MetricsPage, clock: any MomentClock, state: ServingState, logger: Logger) {
    self.metricsPage = metricsPage
    broker = metricsPage.broker
    observer = RequestObserver(metrics: metricsPage.metrics, logger: logger)
    self.clock = clock
    pages = Pages(clock: clock)
    self.state = Mutex(state)
    self.logger = logger
  }

  /// What is in force now.
  package var currentState: ServingState { state.withLock { $0 } }

  /// Puts another state in force for the requests to come.
  package func replaceState(_ change: (ServingState) -> ServingState) {
    let isOtherToken = state.withLock { state in
      let former = state
      state = change(former)
      return state.token != former.token
    }
    // What was given for a token is worth no more than the token.
    if isOtherToken { pages.revokeAll() }
  }

  package func answer(_ request: Request, from client: Client) -> Answer {
    observer.observe(client) { answer(request, &$0) }
  }

  private func answer(_ request: Request, _ exchange: inout Exchange) -> Answer {
    let client = exchange.client
    let state = self.state.withLock { $0 }
    let match = RouteTable.main.match(request)
    var origin: String?
    let answer: Answer
    do throws(Problem) {
      let caller = try state.accessGuard.admit(
        request, from: client, token: state.token, now: clock.now.wall / 1000,
        pages: pages, match: match)
      origin = caller.origin
      if let origin, CORS.isPreflight(request) { return .now(CORS.preflightResponse(request, origin: origin)) }
      let rights = caller.isAuthenticated ? .everything : pages.rights(of: request)
      answer = try self.answer(request, match, rights: rights, state, &exchange)
    } catch {
      answer = .now(response(to: error, request, client, id: exchange.id))
    }
    if let origin { return answer.marked(origin: origin) }
    return answer
  }

  /// Answers a request whose caller's rights are known.
  func answer(
    _ request: Request, _ match: RouteTable.Match, rights: Rights, _ state: ServingState, _ exchange: inout Exchange
  ) throws(Problem) -> Answer {
    let entry = try match.entry(for: request.method, rights)
    exchange.row = entry.row
    let call = Call(
      request: request, client: exchange.client, state: state, rights: rights, instance: match.instance,
      query: try request.query(of: entry))
    return try entry.route.handler(self, call)
  }

  package func refuse(_ refusal: Refusal, from client: Client) -> Response {
    observer.refused(with: refusal.status)
    return response(to: Problem(refusal), nil, client)
  }

  /// Answers a call when `work` has a response; an error of it is answered like one of the handler.
  func later(_ call: Call, _ work: @escaping @Sendable () async throws(Problem) -> Response) -> Answer {
    .later { [self] in
      do throws(Problem) { return try await work() } catch { return response(to: error, call.request, call.client) }
    }
  }

  /// Formats and logs an error response.
  private func response(
    to problem: Problem, _ request: Request?, _ client: Client, id: RequestID? = nil
  ) -> Response {
    let id = id ?? RequestID.current ?? RequestID()
    // What an operator has to act on is shown at the default level; what any program here can cause at will is not.
    logger.log(
      level: problem.status.kind == .serverError ? .info : .debug, "answered with an error",
      metadata: [
        "request_id": "\(id)", "status": "\(problem.status.code)", "code": "\(problem.code)",
        "detail": "\(problem.detail)", "client": "\(client.address)",
      ])
    return (request.map(ErrorFormat.init) ?? .problem).response(to: problem, requestID: id)
  }
}

extension Answer {
  /// Returns the same for the page of an allowed origin.
  fileprivate func marked(origin: String) -> Answer {
    switch self {
    case .now(let response): .now(CORS.marked(response, origin: origin))
    case .later(let work): .later { CORS.marked(await work(), origin: origin) }
    case .abort: .abort
    }
  }
}
