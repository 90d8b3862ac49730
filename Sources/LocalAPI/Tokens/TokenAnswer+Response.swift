internal import FederationBroker
internal import HTTPTypes
internal import LocalHTTP

extension TokenAnswer<TokenContent> {
  /// Returns the answer of the token and refresh routes: the whole token, or one field of it as plain text.
  func response(field: TokenField?) throws(Problem) -> Response { try response(.ok, field: field) }

  /// Returns the answer for a caller who has this token: the fields of the whole answer alone (RFC 9110 §15.4.5).
  func notModified(field: TokenField?) throws(Problem) -> Response { try response(.notModified, field: field) }

  private func response(_ status: HTTPResponse.Status, field: TokenField?) throws(Problem) -> Response {
    guard let field else { return Response(status: status, fields: cacheFields, content: payload.json) }
    guard let text = payload.text(of: field) else { throw .notFound("AWS sent no \(field.rawValue) with this token.") }
    guard !payload.unprintableFields.contains(field) else {
      throw Problem(
        .badGateway, "BadUpstreamResponse",
        "The \(field.rawValue) that AWS sent holds a line break or another control character: ask for the whole answer."
      )
    }
    return Response(status: status, fields: cacheFields, content: text)
  }

  /// The fields that tell how the cache answered the request.
  var cacheFields: EncodedFields {
    payload.cacheFields(CacheStatus(isHit: isHit, remaining: remaining, age: age))
  }
}

/// What the response fields say about the cache.
struct CacheStatus: Sendable, Equatable {
  let isHit: Bool
  let remaining: Int?
  let age: Int

  var fields: HTTPFields {
    var fields: HTTPFields = [:]
    // RFC 9211 §2. A token without an expiration has no ttl.
    if isHit {
      fields[.cacheStatus] = remaining.map { "fedbroker; hit; ttl=\($0)" } ?? "fedbroker; hit"
    } else {
      fields[.cacheStatus] = "fedbroker; fwd=miss"
    }
    fields[.age] = String(age)
    return fields
  }
}

extension HTTPField.Name {
  /// RFC 9211.
  fileprivate static let cacheStatus = HTTPField.Name("Cache-Status")!
}
