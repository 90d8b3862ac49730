internal import HTTPTypes
internal import LocalHTTP

/// The header fields that let pages of an allowed origin call the API (Fetch standard).
///
/// The field of Private Network Access is for browsers before Chromium 142. Later ones ask the person, or a policy of the
/// machine, and no field of ours changes that (Local Network Access): see `docs/ccp.md`.
enum CORS {
  /// Returns whether a request is a preflight, with which a browser sends no credentials.
  static func isPreflight(_ request: Request) -> Bool {
    request.method == .options && request.contains("access-control-request-method")
  }

  static func preflightResponse(_ request: Request, origin: String) -> Response {
    var fields: HTTPFields = [
      .accessControlAllowOrigin: origin,
      .accessControlAllowMethods: "GET, HEAD, POST, DELETE",
      .accessControlAllowHeaders: "authorization, content-type",
      .accessControlMaxAge: "600",
      .vary: "Origin",
    ]
    if request.contains("access-control-request-private-network"),
      let allowed = HTTPField.Name("Access-Control-Allow-Private-Network")
    {
      fields[allowed] = "true"
    }
    return Response(status: .noContent, fields: fields)
  }

  /// Returns the response with the origin in it, so that the page may read it.
  static func marked(_ response: Response, origin: String) -> Response {
    var response = response
    response.fields[.accessControlAllowOrigin] = origin
    response.fields[.accessControlExposeHeaders] = "Age, Cache-Status, Retry-After, WWW-Authenticate"
    response.fields.append(HTTPField(name: .vary, value: "Origin"))
    return response
  }
}
