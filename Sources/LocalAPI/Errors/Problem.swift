internal import AWS
package import FederationBroker
internal import HTTPTypes
internal import JSON
internal import LocalHTTP
internal import RefreshingCache
internal import Secrets

/// An error response (RFC 9457).
package struct Problem: Error, Sendable, Equatable {
  let status: HTTPResponse.Status
  /// One of AWS's codes or of ours; programs rely on it.
  package let code: String
  /// A text for people; text from upstream is already bounded and free of control characters.
  let detail: String
  var upstreamRequestID: String?
  /// The status with which AWS itself answered, and its message.
  var upstreamStatus: Int?
  var upstreamMessage: String?
  /// Seconds.
  var retryAfter: Int?
  /// The methods of a 405 (RFC 9110 §10.2.1).
  var allow: String?
  /// The signature of the request, where it is the local key pair's and does not count.
  var signature: LocalSignature.Verified?
  /// The second, since the epoch, before which the client could only fail in the same way again: the answer waits for it.
  var heldUntil: Int64?
  /// Why the caller was refused; `nil` for every other error.
  var denial: Denial?

  init(
    _ status: HTTPResponse.Status, _ code: String, _ detail: String, upstreamRequestID: String? = nil,
    retryAfter: Int? = nil, allow: String? = nil, denial: Denial? = nil
  ) {
    self.status = status
    self.code = code
    self.detail = detail
    self.upstreamRequestID = upstreamRequestID
    self.retryAfter = retryAfter
    self.allow = allow
    self.denial = denial
  }

  static func badRequest(_ detail: String) -> Problem { Problem(.badRequest, "BadRequest", detail) }
  static func forbidden(_ denial: Denial, _ detail: String) -> Problem {
    Problem(.forbidden, "Forbidden", detail, denial: denial)
  }
  static let unauthorized = Problem(
    .unauthorized, "Unauthorized",
    "Send the content of the token file, whose path the daemon logs at its start: Authorization: Bearer TOKEN.",
    denial: .token)
  static func notFound(_ detail: String) -> Problem { Problem(.notFound, "NotFound", detail) }
  static let nothingHere = notFound("There is nothing at this path.")

  func response(requestID: RequestID) -> Response {
    var members: JSONObject = [
      "type": "about:blank", "title": .string(status.reasonPhrase), "status": .number(String(status.code)),
      "detail": .string(detail), "code": .string(code), "request_id": .string(requestID.description),
    ]
    if let upstreamRequestID { members["upstream_request_id"] = .string(upstreamRequestID) }
    return Response(
      status: status, fields: fields,
      content: Content(mediaType: "application/problem+json", bytes: Secret(JSONValue.object(members).text)))
  }

  /// The header fields of the error, in every format.
  var fields: HTTPFields {
    var fields: HTTPFields = [:]
    if let retryAfter { fields[.retryAfter] = String(retryAfter) }
    if let allow { fields[.allow] = allow }
    if status == .unauthorized { fields[.wwwAuthenticate] = #"Bearer realm="fedbroker""# }
    return fields
  }
}

extension Problem {
  /// Describes what the server refuses before there is a request.
  init(_ refusal: Refusal) {
    switch refusal {
    case .malformed(let reason): self = .badRequest(reason)
    case .targetTooLong: self.init(refusal.status, "TargetTooLong", "The request target is too long.")
    case .headerTooLarge: self.init(refusal.status, "HeaderTooLarge", "The header section is too large.")
    case .bodyTooLarge: self.init(refusal.status, "BodyTooLarge", "The body is too large.")
    case .timedOut: self.init(refusal.status, "RequestTimeout", "The request was not sent in time.")
    case .unknownTransferCoding:
      self.init(refusal.status, "NotImplemented", "The only transfer coding understood here is chunked.")
    case .unknownExpectation:
      self.init(refusal.status, "ExpectationFailed", "The only expectation met here is 100-continue.")
    case .unsupportedVersion:
      self.init(refusal.status, "HTTPVersionNotSupported", "This server speaks HTTP/1.1 and HTTP/1.0.")
    case .busy:
      self.init(
        refusal.status, "Busy", "Too many connections, or too many requests that are not whole. Try again.",
        retryAfter: 1)
    }
  }

  /// Describes why the broker has no token.
  package init(_ error: BrokerError) {
    switch error {
    case .source(let error): self.init(error)
    case .requestTimedOut:
      self.init(
        .gatewayTimeout, "UpstreamTimeout", "AWS did not answer in time. The call goes on: ask again.", retryAfter: 1)
    case .suspended: self = .locked(nil)
    case .shuttingDown, .cancelled:
      self.init(.serviceUnavailable, "ShuttingDown", "fedbroker is shutting down.", retryAfter: 1)
    }
  }

  private init(_ error: AWSError) {
    let (status, code): (HTTPResponse.Status, String) =
      switch error.reason {
      case .service(let upstream, let code): (Self.status(upstream: upstream), code)
      case .badResponse: (.badGateway, "BadUpstreamResponse")
      case .timedOut: (.gatewayTimeout, "UpstreamTimeout")
      case .unreachable: (.badGateway, "UpstreamUnreachable")
      case .noCredentials: (.serviceUnavailable, "NoCredentials")
      case .noRegion: (.serviceUnavailable, "NoRegion")
      case .rateLimited: (.tooManyRequests, "ThrottlingException")
      case .shuttingDown: (.serviceUnavailable, "ShuttingDown")
      }
    let wantsRetryAfter = status == .serviceUnavailable || status == .tooManyRequests
    self.init(
      status, code, error.text, upstreamRequestID: error.requestID,
      retryAfter: wantsRetryAfter ? error.retryAfter ?? 1 : nil)
    if case .service(let status, _) = error.reason { (upstreamStatus, upstreamMessage) = (status, error.message) }
  }

  /// Returns a 400 or 403 of AWS is not the caller's error: the configuration is wrong, not the request.
  private static func status(upstream: Int) -> HTTPResponse.Status {
    switch upstream {
    case 404: .notFound
    case 409: .conflict
    case 429: .tooManyRequests
    default: .badGateway
    }
  }
}
