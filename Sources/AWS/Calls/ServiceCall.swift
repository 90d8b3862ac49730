internal import Outbound
internal import Secrets
internal import System

/// One operation of a service, ready to be sent any number of times.
struct ServiceCall<Value>: Sendable {
  let service: AWSService
  let operation: UpstreamOperation
  let endpoint: Endpoint
  let policy: RetryPolicy
  let method: String
  /// Below the endpoint's own; begins with `/`, percent-encoded.
  let path: String
  /// A form of the query protocol, secret because a web identity token is; empty for none.
  let form: Secret
  /// Whose place in the rate limit it takes.
  let rateLimitKey: String
  let priority: CallUrgency
  /// The file of PEM certificates that the calling profile names.
  var caBundle: String?
  /// Reads an answer of status 2xx.
  let decode: @Sendable (TransportResponse, AnswerTime) throws(AWSError) -> Value

  /// The request as it is sent at `date`, seconds since the epoch; without credentials it is not signed.
  func request(signedBy credentials: AWSCredentials?, date: Int64) -> TransportRequest {
    var fields: [(name: String, value: Secret)] = [("Host", Secret(endpoint.authority))]
    if !form.isEmpty { fields.append(("Content-Type", Secret("application/x-www-form-urlencoded; charset=utf-8"))) }
    if let credentials {
      fields += SigV4.fields(
        signing: SigV4.Request(
          method: method, path: endpoint.basePath + path, fields: fields,
          payloadHash: Digest.hexadecimal(of: form)),
        credentials: credentials, region: endpoint.signingRegion, service: service.name, date: date)
    }
    fields.append(("User-Agent", Secret("fedbroker")))
    return TransportRequest(
      method: method, url: endpoint.url(path: path), fields: fields,
      body: form.withBytes { bytes in
        bytes.indices.map { bytes[$0] }
      }, caBundle: caBundle, operation: operation)
  }
}
