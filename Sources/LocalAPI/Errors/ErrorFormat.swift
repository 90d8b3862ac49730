internal import FederationBroker
internal import HTTPTypes
internal import JSON
internal import LocalHTTP
internal import Secrets

/// The error format of a response: ours, AWS's or HTML.
enum ErrorFormat: Sendable {
  /// RFC 9457.
  case problem
  /// The format of Amazon Connect, for SDKs whose endpoint for it is the daemon.
  case aws
  /// The format of the AWS service that a request is for, for SDKs whose every endpoint is the daemon.
  case awsService(AWSErrorForm)
  /// A page for a person with a browser.
  case page

  /// Chooses the format that the sender of a request understands.
  ///
  /// SDKs take every answer for one of AWS, except on the paths of our own API. They are known by their signature, or by
  /// the field that they all send where an operation is not signed.
  init(of request: Request) {
    if request.pathStarts(with: "/user/federate/") {
      self = .aws
    } else if !request.pathStarts(with: "/v1/"),
      LocalSignature.isClaimed(by: request) || request.contains("amz-sdk-invocation-id")
    {
      self = .awsService(AWSErrorForm(of: request))
    } else {
      // Browsers accept HTML where they show the answer; scripts in a page and other clients do not.
      let isShown = request.method != .post || FetchMetadata(request).isDocumentNavigation
      self = isShown && request.value("accept", contains: "text/html") ? .page : .problem
    }
  }

  func response(to problem: Problem, requestID: RequestID) -> Response {
    switch self {
    case .problem: problem.response(requestID: requestID)
    case .aws: problem.awsResponse(AWSErrorForm(), requestID: requestID)
    case .awsService(let form): problem.awsResponse(form, requestID: requestID)
    case .page: problem.page(requestID: requestID)
    }
  }
}

extension Problem {
  /// Returns the error as an AWS service answers it.
  fileprivate func awsResponse(_ form: AWSErrorForm, requestID: RequestID) -> Response {
    let (status, code, detail) = form.otherService == nil ? awsForm : awsFormForOthers
    let requestID = upstreamRequestID ?? requestID.description
    var fields: HTTPFields = [.amazonRequestID: requestID]
    // AWS named no code: SDKs then take the status for one.
    if code != "UpstreamError" { fields[.amazonErrorType] = code }
    if let retryAfter { fields[.retryAfter] = String(retryAfter) }
    return Response(
      status: status, fields: fields, content: form.content(code: code, message: detail, requestID: requestID))
  }

  /// What another service's SDK learns: its signature is not the reason, and would be misleading.
  private var awsFormForOthers: (HTTPResponse.Status, code: String, detail: String) {
    let misleading: Set = [
      "NotFound", "MethodNotAllowed", "BadRequest", "Unauthorized", "BodyTooLarge", "InvalidSignatureException",
      "IncompleteSignatureException", "UnrecognizedClientException",
    ]
    return misleading.contains(code) ? Self.unknownOperation : awsForm
  }

  private static let unknownOperation: (HTTPResponse.Status, code: String, detail: String) = (
    .notFound, "UnknownOperationException",
    "This endpoint is fedbroker on this machine. It serves GetFederationToken only, of Amazon Connect: set"
      + " AWS_ENDPOINT_URL_CONNECT instead of AWS_ENDPOINT_URL."
  )

  private var awsForm: (HTTPResponse.Status, code: String, detail: String) {
    if let upstreamStatus { return (HTTPResponse.Status(code: upstreamStatus), code, upstreamMessage ?? detail) }
    switch code {
    case "Unauthorized":
      return (.forbidden, "MissingAuthenticationTokenException", "Missing Authentication Token")
    case "NotFound", "MethodNotAllowed":
      return Self.unknownOperation
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
