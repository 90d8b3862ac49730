internal import HTTPTypes
internal import LocalHTTP

/// Finds the route of a request.
struct RouteTable: Sendable {
  /// Those of `--listen`.
  static let main = RouteTable(Route.all.filter(\.isOnMainListener))
  /// Those of `--admin-listen`.
  static let admin = RouteTable(Route.all.filter(\.isOnAdminListener))

  /// A route and the row of its label in the metrics.
  final class Entry: Sendable {
    let route: Route
    let row: Int

    init(route: Route, row: Int) {
      self.route = route
      self.row = row
    }
  }

  /// The routes of one path.
  final class Resource: Sendable {
    let pattern: String
    let entries: [Entry]
    /// `Allow` of a 405 (RFC 9110 §10.2.1).
    let allow: String
    /// Whether anyone may learn that there is something at this path.
    let isOpen: Bool
    fileprivate let segments: [String?]
    /// The entry that nearly all requests are for.
    private let reading: Entry?

    fileprivate init(_ pattern: String, _ routes: [Route]) {
      self.pattern = pattern
      entries = routes.map { Entry(route: $0, row: RouteTable.labels.firstIndex(of: $0.label) ?? 0) }
      allow = routes.flatMap(\.methods).map(\.rawValue).joined(separator: ", ")
      reading = entries.first { $0.route.method == .get }
      isOpen = routes.contains { $0.needs == .nothing }
      segments = routes.first?.segments ?? []
    }

    /// Returns the route of a method; `nil` where the path does not take it.
    func entry(for method: HTTPRequest.Method) -> Entry? {
      method == .get || method == .head ? reading : entries.first { $0.route.method == method }
    }

    /// Returns what stands for `{instance}`, or an empty text; `nil` where the path is another one.
    fileprivate func instance(in path: [String]) -> String? {
      var instance = ""
      for index in segments.indices {
        guard let literal = segments[index] else {
          instance = path[index]
          continue
        }
        guard literal == path[index] || literal == Route.fieldSegment else { return nil }
      }
      return instance
    }
  }

  /// What a request's path stands for.
  struct Match: Sendable {
    /// `nil` where there is nothing at the path.
    var resource: Resource?
    var instance = ""
    /// Whether the path is not percent-encoded UTF-8.
    var isMalformed = false
  }

  /// The values of the label `route`; the first one stands for requests that were refused before their route was known.
  static let labels: [String] = Route.all.reduce(into: ["none"]) { labels, route in
    if !labels.contains(route.label) { labels.append(route.label) }
  }

  /// In the order of the declarations.
  let resources: [Resource]
  /// The same by the number of their segments.
  private let bySegmentCount: [[Resource]]

  init(_ routes: [Route]) {
    var patterns: [String] = []
    for route in routes where !patterns.contains(route.pattern) { patterns.append(route.pattern) }
    let resources = patterns.map { pattern in Resource(pattern, routes.filter { $0.pattern == pattern }) }
    self.resources = resources
    let longest = resources.map(\.segments.count).max() ?? 0
    bySegmentCount = (0...longest).map { count in resources.filter { $0.segments.count == count } }
  }

  /// Looks up a request's path.
  func match(_ request: Request) -> Match {
    guard let path = try? request.pathSegments() else { return Match(isMalformed: true) }
    guard path.count < bySegmentCount.count else { return Match() }
    for resource in bySegmentCount[path.count] {
      guard let instance = resource.instance(in: path) else { continue }
      return Match(resource: resource, instance: instance)
    }
    return Match()
  }
}

extension RouteTable.Match {
  /// Returns the route of a method for a caller with some rights.
  ///
  /// Throws 401 for whatever the caller may not know to exist, then 400, 404, 405 and 403.
  func entry(for method: HTTPRequest.Method, _ rights: Rights) throws(Problem) -> RouteTable.Entry {
    guard rights != .nothing || resource?.isOpen == true else { throw .unauthorized }
    guard !isMalformed else { throw .malformedTarget }
    guard let resource else { throw .nothingHere }
    guard let entry = resource.entry(for: method) else {
      throw Problem(
        .methodNotAllowed, "MethodNotAllowed", "This path takes other methods: see Allow.", allow: resource.allow)
    }
    guard rights >= entry.route.needs else { throw rights == .nothing ? .unauthorized : .beyondPageKey }
    return entry
  }
}

extension Problem {
  static let malformedTarget = badRequest("The target is not percent-encoded UTF-8.")

  fileprivate static let beyondPageKey = forbidden(
    .page,
    "The key of a status page is good for the state, refresh and sign-in only.")
}
