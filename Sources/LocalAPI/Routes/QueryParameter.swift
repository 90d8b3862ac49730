internal import LocalHTTP
internal import Secrets

/// A query parameter: its name, and what OpenAPI says of it.
struct QueryParameter: Sendable {
  let name: String
  var description = ""
  /// The JSON Schema of its value.
  var schema = #"{"type": "string"}"#
  var isRequired = false

  static let sessionName = QueryParameter(
    name: "session_name",
    description: "The Amazon Connect user whose token is asked for, where the configuration allows it for the instance")
  static let field = QueryParameter(
    name: "field", description: "One field of the answer, as plain text",
    schema:
      #"{"type": "string", "enum": [\#(TokenField.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))]}"#
  )
  static let minimumLifetime = QueryParameter(
    name: "min_ttl",
    description:
      "The least number of seconds that the token has to live. A new token that has less is answered all the same.",
    schema: #"{"type": "integer", "minimum": 0, "maximum": \#(longestMinimumLifetime), "default": 0}"#)
  static let destination = QueryParameter(
    name: "destination", description: "Where in Amazon Connect to end: a path that starts with one slash",
    schema:
      #"{"type": "string", "default": "/", "pattern": "^/([^/\\\\\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*)?$"}"#
  )
  static let code = QueryParameter(name: "code", description: "A one-time code")
  static let requiredCode = QueryParameter(name: "code", description: "A one-time code", isRequired: true)

  /// The longest `min_ttl`, in seconds: a day, which no access token reaches.
  fileprivate static let longestMinimumLifetime = 86_400
}

extension Call {
  /// The value of `min_ttl` in seconds; 0 where it is not given.
  func minimumLifetime() throws(Problem) -> Int {
    guard let text = self[.minimumLifetime] else { return 0 }
    guard !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
      let seconds = Int(text), seconds <= QueryParameter.longestMinimumLifetime
    else {
      throw .badRequest("min_ttl is a whole number of seconds from 0 to \(QueryParameter.longestMinimumLifetime).")
    }
    return seconds
  }

  /// The value of `field`; `nil` where it is not given.
  func field() throws(Problem) -> TokenField? {
    guard let text = self[.field] else { return nil }
    guard let field = TokenField(rawValue: text) else {
      throw .badRequest("field is one of \(TokenField.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
    return field
  }

  /// The value of `destination`; Amazon Connect's own choice where it is not given.
  func destination() throws(Problem) -> Destination {
    guard let destination = self[.destination].map(Destination.init) ?? .root else {
      throw .badRequest("A destination is a path that starts with one / and has no control characters.")
    }
    return destination
  }
}

extension Request {
  /// Returns the items of the query where all are declared and each is given once.
  func query(_ declared: [QueryParameter]) throws(Problem) -> [(name: String, value: String)] {
    guard let items = try? queryItems() else { throw .malformedTarget }
    for (index, item) in items.enumerated() {
      guard declared.contains(where: { $0.name == item.name }) else {
        throw .badRequest("This path does not take one of the query parameters given.")
      }
      guard !items[..<index].contains(where: { $0.name == item.name }) else {
        throw .badRequest("\(item.name) is given twice.")
      }
    }
    return items
  }
}
