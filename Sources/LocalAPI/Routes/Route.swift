internal import AWS
internal import Configuration
internal import FederationBroker
internal import HTTPTypes
internal import LocalHTTP

/// One operation of the API.
///
/// A route is declared once, in `Route.all`. Its OpenAPI description, `Allow`, its metric labels, who may call it, whether
/// the admin listener serves it and which statuses have a series from the start all follow from the declaration.
struct Route: Sendable {
  /// `GET` serves `HEAD` as well.
  let method: HTTPRequest.Method
  /// Such as `/v1/instances/{instance}/token/{field}`; there are no other variable segments.
  let pattern: String
  /// The value of `route` in metrics and in the log; routes that belong together share one.
  let label: String
  /// The least rights that a caller must have.
  let needs: Rights
  /// What a rule of `[[access]]` must give for it; `nil` where each admitted caller may.
  var right: AccessRight?
  /// Whether `--admin-listen` serves the route, to anyone.
  var isOnAdminListener = false
  /// Whether the other listeners serve it.
  var isOnMainListener = true
  /// Whether a page of any site may make the browser go there: the route's handler shows such a visit nothing but what a
  /// person may see.
  var isOpenToNavigation = false
  /// The format of its errors.
  var errorFormat = ErrorFormat.problem
  /// Whether others than fedbroker's callers choose the query parameters.
  var ignoresUnknownQuery = false
  /// The query parameters; any other is refused, so that a misspelt one is not ignored.
  var query: [QueryParameter] = []
  /// Those that OpenAPI describes as a path of its own, because they change the type of the answer.
  var shorthandQuery: [QueryParameter] = []
  /// Those that must be given.
  var requiredQuery: [QueryParameter] = []
  /// Whether the route takes `If-None-Match`, and `Prefer: wait` with it.
  var isConditional = false
  /// The most bytes of a request's body that are kept; a longer body is 413.
  ///
  /// With 0 the route takes no body: one that is sent all the same is read and dropped.
  var keptBodyBytes = 0
  /// By status, the name of the answer among OpenAPI's responses.
  let answers: KeyValuePairs<Int, String>
  /// The statuses of errors whose series exist before the first such error.
  var expectedErrors: [Int] = []
  let operation: APIDescription.Operation
  /// Called on an event loop, so that it never blocks: what has to wait is answered
  /// later.
  let handler: @Sendable (Service, Call) throws(Problem) -> Answer

  /// The methods that the route answers (RFC 9110 §9.3.2 for `HEAD`).
  var methods: [HTTPRequest.Method] { method == .get ? [.get, .head] : [method] }

  /// Every query parameter that the route takes.
  var acceptedQuery: [QueryParameter] { query + shorthandQuery + requiredQuery }

  /// The segments of the pattern; `nil` stands for `{instance}`, `fieldSegment` for any.
  var segments: [String?] {
    pattern.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { segment in
      segment == "{instance}" ? nil : String(segment)
    }
  }

  /// The variable segment at the end of a path that names one field of an answer.
  static let fieldSegment = "{field}"
}

/// What a caller may do, by what it proved; each includes those before it.
enum Rights: Int, Sendable, Comparable {
  /// Anyone: what a route shows to it, a one-time code or nothing, is for the route's handler to check.
  case nothing
  /// Holds the key of a status page: state, refresh and sign-in.
  case page
  /// Holds the token, or is an allowed peer of a unix socket.
  case everything

  static func < (left: Rights, right: Rights) -> Bool { left.rawValue < right.rawValue }
}

/// An admitted request on its way to the handler of its route.
struct Call: Sendable {
  let request: Request
  let client: Client
  let state: ServingState
  let rights: Rights
  /// Which of the bearer tokens the caller has; `nil` without one.
  let token: Int?
  /// Who opened the status page whose key the caller has.
  let opener: Caller?
  /// What is known of the caller, where that matters.
  var memo: CallerMemo?
  /// Whether the rules are known to give `right` on the instance whichever session name is asked for.
  var isGivenToAllNames = false
  /// The user whose browser this is, as the kernel says; set once it is admitted.
  var browserUser: UInt32?
  /// The right that the route needs.
  let right: AccessRight?
  /// What stands for `{instance}`: an alias, an instance id or an ARN; empty for routes without it.
  let instance: String
  /// Only parameters that the route declares, each once.
  let query: [(name: String, value: String)]

  /// The text of a query parameter; `nil` where it is not given.
  subscript(_ parameter: QueryParameter) -> String? {
    query.isEmpty ? nil : query.first { $0.name == parameter.rawValue }?.value
  }
}

extension Call {
  /// Who calls; of a status page, who opened it.
  ///
  /// Asks the kernel whose the other end of a TCP connection is, so ask this on the connection's thread.
  var caller: Caller { memo?.caller ?? opener ?? Caller(uid: client.uid, token: token.map { state.tokens[$0].name }) }

  /// What the rules give the caller.
  var grants: Grants { memo?.grants ?? .everything }

  /// Throws 403 where no rule gives the route's right on the call's instance, whether or not there is such an instance.
  func checkRules() throws(Problem) {
    guard let right, !grants.isEverything else { return }
    let isGiven = instance.isEmpty ? grants.give(right) : grants.give(right, instance: names)
    guard isGiven else { throw .notGiven }
  }

  /// Throws 403 where no rule gives the route's right on the token of the key's session name.
  func checkRules(for key: TokenKey) throws(Problem) {
    guard !isGivenToAllNames, let right, memo?.asksRules(about: right, on: instance, key) == true else { return }
    guard !isGiven(right, for: key) else { return remember { if $0.right == right { $0.key = key } } }
    throw Problem(
      .forbidden, "SessionNameNotAllowed",
      "The rules of this daemon do not give you this session name: see [[access]].",
      denial: .sessionName)
  }

  /// Has the connection keep what this call got; a page is not its opener's connection.
  func remember(_ change: (inout CallerMemo.Latest) -> Void) {
    if opener == nil { CallerMemo.remember(of: client, change) }
  }

  /// Returns whether the rules give a right on the token of the key's session name.
  func isGiven(_ right: AccessRight, for key: TokenKey) -> Bool {
    grants.isEverything || grants.give(right, instance: names, sessionName: key.identity.sessionName)
  }

  /// All names of the call's instance.
  var names: [String] { [instance] + state.directory.entries(named: instance).flatMap(\.names) }
}

extension Problem {
  /// The same whether or not there is such an instance.
  static let notGiven = forbidden(
    .access, "The rules of this daemon do not give you this: see [[access]] in its configuration.")
}

extension InstanceDirectory.Entry {
  /// What a rule can call the instance.
  var names: [String] { [alias, instanceID] }
}
