internal import Configuration
internal import HTTPTypes
internal import LocalHTTP
internal import Secrets

/// This API as OpenAPI 3.1, made from the route table: what `GET /openapi.json` answers.
enum APIDescription {
  /// The part of a route that only the description uses.
  struct Operation: Sendable {
    let id: String
    /// A sentence without its full stop.
    let summary: String
    /// The JSON Schema of the body that the route takes; `nil` where it takes none.
    let requestBody: String?
    let requestMediaType: String

    init(
      _ id: String, _ summary: String, requestBody: String? = nil, requestMediaType: String = "application/json"
    ) {
      self.id = id
      self.summary = summary
      self.requestBody = requestBody
      self.requestMediaType = requestMediaType
    }
  }

  static let response = Response(
    status: .ok, content: Content(mediaType: "application/json", bytes: Secret(text)))

  private static let text = #"""
    {
      "openapi": "3.1.1",
      "info": {
        "title": "fedbroker",
        "version": "\#(Version.text)",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        "description": "Serves cached Amazon Connect federation tokens to the programs of this machine. HEAD is answered wherever GET is. A query parameter that is not listed is refused, but for field, which a shell may write in place of a path: token?field=SignInUrl is token/SignInUrl, and refresh?field=SignInUrl answers with that field. Rules of the configuration may give a caller less than everything: then the answer is 403."
      },
      "servers": [{"url": "http://127.0.0.1:2776"}],
      "security": [{"token": []}],
      "paths": \#(object(RouteTable.main.resources.map { ($0.pattern, path($0)) })),
      "components": \#(components)
    }
    """#

  private static func path(_ resource: RouteTable.Resource) -> String {
    let variables = ["instance", "field"].filter { resource.pattern.contains("{\($0)}") }
    let list = variables.map { reference("parameters/\($0)") }.joined(separator: ", ")
    let parameters = variables.isEmpty ? [] : [("parameters", "[\(list)]")]
    return object(
      parameters + resource.entries.map { ($0.route.method.rawValue.lowercased(), operation($0.route)) })
  }

  private static func operation(_ route: Route) -> String {
    var members = [("operationId", quoted(route.operation.id)), ("summary", quoted(route.operation.summary))]
    if let security = security(of: route) { members.append(("security", security)) }
    let query =
      route.requiredQuery.map { parameter($0, isRequired: true) } + route.query.map { parameter($0, isRequired: false) }
    let conditions = route.isConditional ? ["ifNoneMatch", "prefer"].map { reference("parameters/\($0)") } : []
    let parameters = query + conditions
    if !parameters.isEmpty { members.append(("parameters", "[\(parameters.joined(separator: ", "))]")) }
    if let body = route.operation.requestBody {
      let content = #"{"\#(route.operation.requestMediaType)": {"schema": \#(body)}}"#
      members.append(("requestBody", #"{"required": true, "content": \#(content)}"#))
    }
    let error = reference("responses/\(route.errorFormat.responseName)")
    let answers = route.answers.map { ("\($0.key)", reference("responses/\($0.value)")) }
    members.append(("responses", object(answers + [("4XX", error), ("5XX", error)])))
    return object(members)
  }

  /// `nil` where the token alone will do, which is the default.
  private static func security(of route: Route) -> String? {
    switch route.needs {
    case .nothing: "[]"
    case .page: #"[{"token": []}, {"pageKey": []}]"#
    case .everything:
      if case .aws = route.errorFormat { #"[{"token": []}, {"signature": []}]"# } else { nil }
    }
  }

  private static func parameter(_ parameter: QueryParameter, isRequired: Bool) -> String {
    let members = [("name", quoted(parameter.rawValue)), ("in", quoted("query")), ("required", "\(isRequired)")]
    return object(members + [("description", quoted(parameter.description)), ("schema", parameter.schema)])
  }

  private static func reference(_ component: String) -> String { ##"{"$ref": "#/components/\##(component)"}"## }

  /// Returns the texts are ours and need no escapes.
  private static func quoted(_ text: String) -> String { "\"\(text)\"" }

  private static func object(_ members: [(name: String, value: String)]) -> String {
    "{\(members.map { "\(quoted($0.name)): \($0.value)" }.joined(separator: ", "))}"
  }
}

extension ErrorFormat {
  /// The name of an error among the responses of the description.
  fileprivate var responseName: String {
    switch self {
    case .problem: "Problem"
    case .aws, .awsService: "ServiceError"
    case .page: "ProblemOrPage"
    }
  }
}
