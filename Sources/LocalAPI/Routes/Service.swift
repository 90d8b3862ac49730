package import Clocks
internal import Configuration
internal import FederationBroker
internal import HTTPTypes
package import LocalHTTP
package import Logging
internal import Secrets
internal import Synchronization
internal import System
package import Telemetry

/// Answers the requests of the main listeners: guard, route, handler.
///
/// Safe to use from any thread.
package final class Service: RequestHandler {
  let broker: Broker<TokenContent>
  /// Whether tokens are given at all.
  package let lock: TokenLock
  let metricsPage: MetricsPage
  let userNames = UserNames()
  /// The pages for browsers.
  package let pages: Pages
  let observer: RequestObserver
  /// How often callers may have tokens fetched anew.
  let budgets: ForcedFetchBudgets
  /// The audit log, which writes nothing until it is configured.
  package let auditLog: AuditLog
  let refusals: Refusals
  let clock: any MomentClock
  private let logger: Logger
  private let state: Mutex<ServingState>
  /// The requests that wait for the next token.
  let changes: TokenChanges
  /// An element for each caller of `POST /quit`; for one task.
  package let quits: AsyncStream<Void>
  private let reportQuit: AsyncStream<Void>.Continuation

  /// The last lines of the log.
  let logTail: LogTail

  /// - Parameters:
  ///   - changes: Is to be told of the broker's events.
  ///   - logTail: Is written by the logger's handler.
  package init(
    metricsPage: MetricsPage, clock: any MomentClock, changes: TokenChanges, state: ServingState, logger: Logger,
    logTail: LogTail = LogTail()
  ) {
    self.logTail = logTail
    (quits, reportQuit) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.metricsPage = metricsPage
    self.changes = changes
    broker = metricsPage.broker
    lock = TokenLock(broker: metricsPage.broker, clock: clock, logger: logger)
    observer = RequestObserver(metrics: metricsPage.metrics, logger: logger)
    self.clock = clock
    pages = Pages(clock: clock)
    budgets = ForcedFetchBudgets(clock: clock)
    let auditLog = AuditLog(names: userNames, metrics: metricsPage.metrics, logger: logger)
    self.auditLog = auditLog
    refusals = Refusals(clock: clock) { report in
      logger.info("refused", metadata: report.metadata)
      auditLog.record(AuditRecord(report, at: clock.now.wall))
    }
    self.state = Mutex(state)
    self.logger = logger
  }

  /// Asks whoever runs the daemon to end it, where the configuration allows that.
  func quit(_ call: Call) throws(Problem) -> Answer {
    guard call.state.effective.configuration.allowQuit else {
      throw Problem(.forbidden, "Forbidden", "Set allow_quit in the daemon's configuration to end it by this request.")
    }
    // Any page can have a browser send a POST to any address; only a browser adds these.
    guard !call.request.contains("origin"), !call.request.contains("sec-fetch-site") else {
      throw Problem(.forbidden, "Forbidden", "This request comes from a browser.")
    }
    reportQuit.yield()
    return .now(Probe.quitting())
  }

  /// Puts the quota of a region in force, of which callers may use half to have tokens fetched anew.
  package func configureBudgets(rate: Double, burst: Int) { budgets.configure(rate: rate, burst: burst) }

  /// Reports the refusals that are counted only, and returns once the audit log is written.
  package func finishRecords() async {
    refusals.flush()
    await auditLog.flush()
  }

  /// What is in force now.
  package var currentState: ServingState { state.withLock { $0 } }

  /// Puts another state in force for the requests to come.
  package func replaceState(_ change: (ServingState) -> ServingState) {
    let isOther = state.withLock { state in
      let former = state
      state = change(former)
      return !state.tokens.hasSameSecrets(as: former.tokens) || state.rules != former.rules
    }
    // What was given for a token is worth no more than the token, and what rules gave no more than the rules.
    if isOther { pages.revokeAll() }
  }

  package func answer(_ request: Request, from client: Client) -> Answer {
    observer.observe(client) { answer(request, &$0) }
  }

  private func answer(_ request: Request, _ exchange: inout Exchange) -> Answer {
    let client = exchange.client
    let state = currentState
    let match = RouteTable.main.match(request)
    var origin: String?
    var token: Int?
    var signature: LocalSignature.Verified?
    // Whether the caller may ask for something, whatever becomes of what it asks.
    var isAdmitted = false
    var answer: Answer
    do throws(Problem) {
      let admission = try state.accessGuard.admit(
        request, from: client, tokens: state.tokens, now: clock.now.wall / 1000, pages: pages, match: match)
      signature = admission.signature
      token = admission.token
      if let origin = admission.origin, CORS.isPreflight(request) {
        answer = .now(CORS.preflightResponse(request, origin: origin))
      } else {
        origin = admission.origin
        let opener = admission.isAuthenticated ? nil : pages.opener(of: request)
        let rights: Rights = admission.isAuthenticated ? .everything : opener == nil ? .nothing : .page
        isAdmitted = rights != .nothing || match.resource?.isOpen == true
        answer = try self.answer(
          request, match, rights: rights, state, &exchange, token: token, opener: opener,
          asksWho: state.asksWho && rights != .nothing)
      }
    } catch {
      if error.signature != nil { signature = error.signature }
      refused(error, exchange.id, state, client, token: token, instance: match.instance)
      let response = response(to: error, request, client, id: exchange.id)
      answer = held(isAdmitted ? .now(response) : .refused(response), until: error.heldUntil)
    }
    if let signature { answer = answer.proven(request, signature, by: state.tokens) }
    if let origin { return answer.marked(origin: origin) }
    return answer
  }

  package func admit(_ request: Request, from client: Client) -> Admission {
    var use = BodyUse()
    let refusal = observer.observeRefusal(client) { exchange in
      let state = currentState
      let match = RouteTable.main.match(request)
      var origin: String?
      var token: Int?
      do throws(Problem) {
        let admission = try state.accessGuard.admit(
          request, from: client, tokens: state.tokens, now: clock.now.wall / 1000, isBodyPending: true, pages: pages,
          match: match)
        (origin, token) = (admission.origin, admission.token)
        guard !admission.isSignaturePending else {
          let entry = match.resource?.entry(for: request.method)
          use = BodyUse(keptBytes: entry?.route.keptBodyBytes ?? 0, needsDigest: true)
          return nil
        }
        if origin != nil, CORS.isPreflight(request) { return nil }
        let rights: Rights =
          admission.isAuthenticated ? .everything : pages.opener(of: request) == nil ? .nothing : .page
        let entry = try match.entry(for: request.method, rights)
        use = BodyUse(keptBytes: entry.route.keptBodyBytes, isOpen: rights == .nothing)
        return nil
      } catch {
        refused(error, exchange.id, state, client, token: token, instance: match.instance)
        let response = response(to: error, request, client, id: exchange.id)
        return origin.map { CORS.marked(response, origin: $0) } ?? response
      }
    }
    return refusal.map { .refused($0) } ?? .granted(use)
  }

  /// Returns the answer such that it is given in a second of the wall clock at the earliest, or after a second in all.
  private func held(_ answer: Answer, until second: Int64?) -> Answer {
    guard let second, case .refused(let response) = answer else { return answer }
    let pause = min(second * 1000 - clock.now.wall, 1000)
    guard pause > 0 else { return answer }
    return .later { [clock] in
      try? await clock.pause(pause)
      return response
    }
  }

  /// Answers a request whose caller's rights are known.
  ///
  /// - Parameters:
  ///   - token: Which of the bearer tokens the caller has.
  ///   - opener: Who opened the status page whose key the caller has.
  ///   - asksWho: Whether rules and the audit log concern the caller.
  func answer(
    _ request: Request, _ match: RouteTable.Match, rights: Rights, _ state: ServingState, _ exchange: inout Exchange,
    token: Int? = nil, opener: Caller? = nil, asksWho: Bool = false
  ) throws(Problem) -> Answer {
    let entry = try match.entry(for: request.method, rights)
    exchange.row = entry.row
    let isKnowable = asksWho && opener == nil
    let memo = isKnowable ? CallerMemo.known(of: exchange.client, in: state, token: token) : nil
    var call = Call(
      request: request, client: exchange.client, state: state, rights: rights, token: token, opener: opener, memo: memo,
      right: entry.route.right, instance: match.instance, query: try request.query(of: entry))
    if asksWho {
      guard let memo else { return try askWho(call, entry.route) }
      try checkRules(of: &call, memo)
    }
    return try entry.route.handler(self, call)
  }

  /// Returns the signature of a request if it counts.
  ///
  /// Where nothing needs one, our own `health` signs all the same, so that nobody else answers it.
  func signature(of request: Request, _ state: ServingState) -> LocalSignature.Verified? {
    guard LocalSignature.isClaimed(by: request) else { return nil }
    return try? LocalSignature(of: request, state.tokens).verify(request, now: clock.now.wall / 1000)
  }

  package func refuse(_ refusal: Refusal, from client: Client) -> Response {
    observer.refused(with: refusal.status)
    return response(to: Problem(refusal), nil, client)
  }

  /// Answers a call when `work` has a response; an error of it is answered like one of the handler.
  func later(_ call: Call, _ work: @escaping @Sendable () async throws(Problem) -> Response) -> Answer {
    .later { [self] in
      do throws(Problem) { return try await work() } catch { return response(to: error, call) }
    }
  }

  /// Formats and logs an error of a call.
  func response(to problem: Problem, _ call: Call) -> Response {
    refused(problem, RequestID.current ?? RequestID(), call)
    return response(to: problem, call.request, call.client)
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
    changed { CORS.marked($0, origin: origin) }
  }

  /// Returns the same with the proof that it is this daemon's, which knows the token that the request was signed with.
  func proven(_ request: Request, _ signature: LocalSignature.Verified, by tokens: BearerTokens) -> Answer {
    let hasContent = request.method != .head
    return changed { response in
      var response = response
      let hasContent = hasContent && response.status != .notModified
      response.fields[.fedbrokerProof] = AnswerProof.value(
        token: tokens[signature.token].secret, signature: signature.signature, status: response.status.code,
        contentDigest: (hasContent ? response.content?.digest : nil) ?? Digest.ofNothing)
      return response
    }
  }

  private func changed(_ change: @escaping @Sendable (Response) -> Response) -> Answer {
    switch self {
    case .now(let response): .now(change(response))
    case .refused(let response): .refused(change(response))
    case .later(let work): .later { change(await work()) }
    case .lasting(let work): .lasting { change(await work()) }
    case .abort: .abort
    }
  }
}

extension HTTPField.Name {
  fileprivate static let fedbrokerProof = HTTPField.Name(AnswerProof.fieldName)!
}
