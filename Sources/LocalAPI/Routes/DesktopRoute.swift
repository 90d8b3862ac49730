internal import HTTPTypes
internal import JSON
internal import LocalHTTP
internal import Secrets

/// What the agent's browser, and the commands that open it, ask for.
enum DesktopRoute: Sendable, Equatable {
  /// A one-time code to sign in with.
  case signIn(Route.Target, destination: Destination)
  /// The page that signs in, for which the code is spent.
  case signInPage(instance: String, code: Secret)
  /// The same without spending it, since `HEAD` changes nothing.
  case signInPageHead(instance: String, code: Secret)
  /// A one-time code to open the status page with.
  case openStatusPage
  /// The key of a status page, for such a code.
  case pageKey(code: Secret)
  /// The status page itself, which holds nothing secret; a code that it is opened with must be good.
  case statusPage(code: Secret?)

  /// Those of an instance; `nil` where there is none of that name.
  init?(_ request: Request, _ target: Route.Target, resource: String, _ query: inout Query) throws(Problem) {
    guard resource == "sign-in" else { return nil }
    try request.allow([.get, .head, .post])
    if request.method == .post {
      let destination = try query.take("destination")
      guard let destination = destination.map(Destination.init) ?? .root else {
        throw .badRequest("A destination is a path that starts with one / and has no control characters.")
      }
      self = .signIn(target, destination: destination)
      return
    }
    guard let code = try query.take("code"), target.sessionName == nil else {
      throw .badRequest("This page is opened with a one-time code, which says whose token it is for.")
    }
    self =
      request.method == .head
      ? .signInPageHead(instance: target.instance, code: Secret(code))
      : .signInPage(instance: target.instance, code: Secret(code))
  }

  /// Those of the status page; `nil` at other paths.
  init?(_ request: Request, path segments: [String], _ query: inout Query) throws(Problem) {
    switch segments {
    // Signed requests there are for operations of AWS that we do not know.
    case [""] where !LocalSignature.isClaimed(by: request):
      try request.allow([.get, .head])
      self = .statusPage(code: try query.take("code").map { Secret($0) })
    case ["v1", "status-page"]:
      try request.allow([.post])
      self = .openStatusPage
    case ["v1", "status-page", "key"]:
      try request.allow([.post])
      // In the body: an address is kept in a browser's history.
      guard let code = (try? SecretJSON(parsing: Secret(request.body)))?["code"]?.secretString else {
        throw .badRequest("The body is a JSON object with the code.")
      }
      self = .pageKey(code: code)
    default:
      return nil
    }
  }

  /// The code that a page is asked for with.
  var pageCode: Secret? {
    switch self {
    case .signInPage(_, let code), .signInPageHead(_, let code): code
    case .statusPage(let code): code
    case .signIn, .openStatusPage, .pageKey: nil
    }
  }
}
