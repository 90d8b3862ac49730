internal import FederationBroker
internal import HTTPTypes
internal import JSON
internal import LocalHTTP
internal import Secrets

/// The error format of a response: ours, AWS's or HTML.
enum ErrorFormat: Sendable {
  /// RFC 9457.
  case problem
  /// The format of AWS's REST-JSON services, for SDKs whose endpoint for Amazon Connect is the daemon.
  case aws
  /// A page for a person with a browser.
  case page

  /// Callers that sign take every answer for one of AWS, except on the paths of our own API.
  init(of request: Request) {
    if request.pathStarts(with: "/user/federate/") {
      self = .aws
    } else if !request.pathStarts(with: "/v1/") && LocalSignature.isClaimed(by: request) {
      self = .aws
    } else {
      // Browsers accept HTML where they show the answer; scripts in a page and other clients do not.
      let isShown = request.method != .post || FetchMetadata(request).isDocumentNavigation
      self = isShown && request.value("accept", contains: "text/html") ? .page : .problem
    }
  }

  func response(to problem: Problem, requestID: RequestID) -> Response {
    switch self {
    case .problem: problem.response(requestID: requestID)
    case .aws: problem.awsResponse(requestID: requestID)
    case .page: problem.page(requestID: requestID)
    }
  }
}

extension Problem {
  /// Returns the error as AWS's REST-JSON services answer it.
  fileprivate func awsResponse(requestID: RequestID) -> Response {
    let (status, code, detail) = awsForm
    var fields: HTTPFields = [.amazonRequestID: upstreamRequestID ?? requestID.description]
    // AWS named no code: SDKs then take the status for one.
    if code != "UpstreamError" { fields[.amazonErrorType] = code }
    if let retryAfter { fields[.retryAfter] = String(retryAfter) }
    let body: JSONValue = ["message": .string(detail)]
    return Response(
      status: status, fields: fields, content: Content(mediaType: "application/json", bytes: Secret(body.text)))
  }

  private var awsForm: (HTTPResponse.Status, code: String, detail: String) {
    if let upstreamStatus { return (HTTPResponse.Status(code: upstreamStatus), code, upstreamMessage ?? detail) }
    switch code {
    case "Unauthorized":
      return (.forbidden, "MissingAuthenticationTokenException", "Missing Authentication Token")
    case "NotFound", "MethodNotAllowed":
      return (.notFound, "UnknownOperationException", "This endpoint serves GetFederationToken only.")
    // SDKs do not retry a 400; these errors stay until someone changes the configuration.
    case "NoCredentials", "NoRegion", "InstanceNotServed": return (.badRequest, code, detail)
    default: return (status, code, detail)
    }
  }
}

extension TokenAnswer<TokenContent> {
  /// Returns the answer of `GET /user/federate/{InstanceId}`, as AWS gives it.
  func awsResponse() -> Response {
    var fields = cacheFields.fields
    fields[.amazonRequestID] = RequestID().description
    return Response(status: .ok, fields: fields, content: payload.aws)
  }
}

extension HTTPField.Name {
  fileprivate static let amazonErrorType = HTTPField.Name("x-amzn-ErrorType")!
  fileprivate static let amazonRequestID = HTTPField.Name("x-amzn-RequestId")!
}
