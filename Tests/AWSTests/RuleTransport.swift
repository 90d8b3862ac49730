import JSON
import Outbound
import Secrets
import Synchronization

/// Answers each request with a JSON value by a rule, and keeps the requests.
final class RuleTransport: HTTPTransport {
  private let rule: @Sendable (TransportRequest) -> JSONValue
  private let sent = Mutex<[TransportRequest]>([])

  init(_ rule: @escaping @Sendable (TransportRequest) -> JSONValue) {
    self.rule = rule
  }

  var requests: [TransportRequest] { sent.withLock { $0 } }

  func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
    sent.withLock { $0.append(request) }
    return TransportResponse(status: 200, fields: [], body: Secret(rule(request).text))
  }
}
