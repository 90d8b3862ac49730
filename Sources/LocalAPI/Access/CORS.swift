internal import HTTPTypes
internal import LocalHTTP

/// What lets the pages of an allowed origin ask, as the Fetch standard and Private Network Access have it.
enum CORS {
  /// Whether a browser asks in advance if it may ask.
  ///
  /// It sends no credentials with that.
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

  /// Names the origin in an answer, so that its page may read it.
  static func marked(_ response: Response, origin: String) -> Response {
    var response = response
    response.fields[.accessControlAllowOrigin] = origin
    response.fields[.accessControlExposeHeaders] = "Age, Cache-Status, Retry-After, WWW-Authenticate"
    response.fields.append(HTTPField(name: .vary, value: "Origin"))
    return response
  }
}
