internal import HTTPTypes
internal import LocalHTTP
internal import Secrets

/// This API as OpenAPI 3.1.
enum APIDescription {
  static let response = Response(
    status: .ok, content: Content(mediaType: "application/json", bytes: Secret("{}")))
}
