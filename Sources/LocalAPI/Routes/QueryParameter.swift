internal import LocalHTTP
internal import System

/// A query parameter: its name, and what OpenAPI says of it.
enum QueryParameter: String, Sendable {
  case sessionName = "session_name"
  case field
  case minimumLifetime = "min_ttl"
  case destination
  case code

  var description: String {
    switch self {
    case .sessionName:
      "The Amazon Connect user whose token is asked for, where the configuration allows it for the instance"
    case .field: "One field of the token"
    case .minimumLifetime:
      "The least number of seconds that the token has to live. A new token that has less is answered all the same."
    case .destination: "Where in Amazon Connect to end: a path that starts with one slash"
    case .code: "A one-time code"
    }
  }

  /// The JSON Schema of its value.
  var schema: String {
    switch self {
    case .sessionName: #"{"type": "string", "pattern": "^[A-Za-z0-9_+=,.@-]{2,64}$"}"#
    case .code: #"{"type": "string", "pattern": "^[A-Za-z0-9_-]*$"}"#
    case .field:
      #"{"type": "string", "enum": [\#(TokenField.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))]}"#
    case .minimumLifetime:
      #"{"type": "integer", "minimum": 0, "maximum": \#(Self.longestMinimumLifetime), "default": 0}"#
    case .destination:
      #"{"type": "string", "default": "/", "pattern": "^/([^/\\\\\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*)?$"}"#
    }
  }

  /// The longest `min_ttl`, in seconds: a day, which no access token reaches.
  fileprivate static let longestMinimumLifetime = 86_400
}

extension Call {
  /// Returns the value of `min_ttl` in seconds; 0 where it is not given.
  func minimumLifetime() throws(Problem) -> Int {
    guard let text = self[.minimumLifetime] else { return 0 }
    guard !text.isEmpty, text.utf8.allSatisfy(\.isASCIIDigit),
      let seconds = Int(text), seconds <= QueryParameter.longestMinimumLifetime
    else {
      throw .badRequest("min_ttl is a whole number of seconds from 0 to \(QueryParameter.longestMinimumLifetime).")
    }
    return seconds
  }

  /// Returns the value of `field`; `nil` where it is not given.
  func field() throws(Problem) -> TokenField? {
    guard let text = self[.field] else { return nil }
    guard let field = TokenField(rawValue: text) else {
      throw .badRequest("field is one of \(TokenField.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
    return field
  }

  /// Returns the field that the last segment of the path names.
  func fieldInPath() throws(Problem) -> TokenField {
    guard let name = try? request.pathSegments().last, let field = TokenField(rawValue: name) else {
      throw .notFound("A token has these fields: \(TokenField.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
    return field
  }

  /// Returns the value of `destination`; Amazon Connect's own choice where it is not given.
  func destination() throws(Problem) -> Destination {
    guard let destination = self[.destination].map(Destination.init) ?? .root else {
      throw .badRequest("A destination is a path that starts with one / and has no control characters.")
    }
    return destination
  }
}

extension Request {
  /// Returns the items of the query where the route declares all of them, each is given once and none is missing.
  func query(of entry: RouteTable.Entry) throws(Problem) -> [(name: String, value: String)] {
    guard let items = try? queryItems() else { throw .malformedTarget }
    if entry.route.ignoresUnknownQuery { return items }
    if items.isEmpty, entry.route.requiredQuery.isEmpty { return items }
    for (index, item) in items.enumerated() {
      guard entry.route.acceptedQuery.contains(where: { $0.rawValue == item.name }) else {
        throw .badRequest("This path does not take one of the query parameters given.")
      }
      guard !items[..<index].contains(where: { $0.name == item.name }) else {
        throw .badRequest("\(item.name) is given twice.")
      }
    }
    for parameter in entry.route.requiredQuery where !items.contains(where: { $0.name == parameter.rawValue }) {
      throw .badRequest("This path needs the query parameter \(parameter.rawValue).")
    }
    return items
  }
}
