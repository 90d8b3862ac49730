internal import HTTPTypes
internal import LocalHTTP

/// What a request asks for.
enum Route: Sendable, Equatable {
  /// Whose token a request is about.
  struct Target: Sendable, Equatable {
    /// An alias, an instance id or an ARN, as the path says.
    let instance: String
    let sessionName: String?
  }

  case token(Target, minimumLifetime: Int, field: TokenField?)
  case refresh(Target, field: TokenField?)
  case forget(Target)
  case instances
  /// AWS's own operation.
  case federate(instance: String)
  case health
  case readiness
  case metrics
  /// This API's own description.
  case description
  case desktop(DesktopRoute)

  /// The longest `min_ttl`, in seconds: a day, which no access token reaches.
  static let longestMinimumLifetime = 86_400

  // Made once, since an array takes memory and a hit is asked for its method too.
  private static let reading: [HTTPRequest.Method] = [.get, .head]
  private static let readingOrDeleting: [HTTPRequest.Method] = [.get, .head, .delete]

  init(_ request: Request) throws(Problem) {
    let segments: [String]
    let query: [(name: String, value: String)]
    do {
      segments = try request.pathSegments()
      query = try request.queryItems()
    } catch {
      throw .badRequest("The target is not percent-encoded UTF-8.")
    }
    switch segments.count {
    case 1 where segments[0] == "healthz":
      try request.allow(Self.reading)
      self = .health
    case 1 where segments[0] == "readyz":
      try request.allow(Self.reading)
      self = .readiness
    case 1 where segments[0] == "metrics":
      try request.allow(Self.reading)
      self = .metrics
    case 3 where segments[0] == "user" && segments[1] == "federate":
      try request.allow(Self.reading)
      self = .federate(instance: segments[2])
    case 2 where segments[0] == "v1" && segments[1] == "instances":
      try request.allow(Self.reading)
      self = .instances
    case 4 where segments[0] == "v1" && segments[1] == "instances":
      self = try Self.instanceRoute(request, instance: segments[2], resource: segments[3], Query(query))
      return
    case 1 where segments[0] == "openapi.json":
      try request.allow(Self.reading)
      self = .description
    default:
      var query = Query(query)
      guard let route = try DesktopRoute(request, path: segments, &query) else {
        throw .notFound("There is nothing at this path.")
      }
      self = .desktop(route)
      try query.finish()
      return
    }
    try Query(query).finish()
  }

  private static func instanceRoute(
    _ request: Request, instance: String, resource: String, _ query: consuming Query
  ) throws(Problem) -> Route {
    let route: Route
    let target = Target(instance: instance, sessionName: try query.take("session_name"))
    switch resource {
    case "token":
      try request.allow(Self.readingOrDeleting)
      if request.method == .delete {
        route = .forget(target)
      } else {
        route = .token(target, minimumLifetime: try query.takeMinimumLifetime(), field: try query.takeField())
      }
    case "refresh":
      try request.allow([.post])
      route = .refresh(target, field: try query.takeField())
    default:
      guard let page = try DesktopRoute(request, target, resource: resource, &query) else {
        throw .notFound("There is nothing at this path.")
      }
      route = .desktop(page)
    }
    try query.finish()
    return route
  }
}

extension Request {
  func allow(_ methods: [HTTPRequest.Method]) throws(Problem) {
    guard methods.contains(method) else {
      throw Problem(
        .methodNotAllowed, "MethodNotAllowed", "This path takes other methods: see Allow.",
        allow: methods.map(\.rawValue).joined(separator: ", "))
    }
  }
}

/// The parameters of a target, each taken once; what is left over is an error, so that a misspelt one is not ignored.
struct Query {
  private var items: [(name: String, value: String)]

  init(_ items: [(name: String, value: String)]) {
    self.items = items
  }

  mutating func takeMinimumLifetime() throws(Problem) -> Int {
    guard let text = try take("min_ttl") else { return 0 }
    guard !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
      let seconds = Int(text), seconds <= Route.longestMinimumLifetime
    else { throw .badRequest("min_ttl is a whole number of seconds from 0 to \(Route.longestMinimumLifetime).") }
    return seconds
  }

  mutating func takeField() throws(Problem) -> TokenField? {
    guard let text = try take("field") else { return nil }
    guard let field = TokenField(rawValue: text) else {
      throw .badRequest("field is one of \(TokenField.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
    return field
  }

  func finish() throws(Problem) {
    guard items.isEmpty else { throw .badRequest("This path does not take one of the query parameters given.") }
  }

  mutating func take(_ name: String) throws(Problem) -> String? {
    guard let position = items.firstIndex(where: { $0.name == name }) else { return nil }
    let value = items.remove(at: position).value
    guard !items.contains(where: { $0.name == name }) else { throw .badRequest("\(name) is given twice.") }
    return value
  }
}
