package import Secrets

/// Sends one HTTP request and returns the whole response: the one seam between the callers of AWS and libcurl.
package protocol HTTPTransport: Sendable {
  /// Cancelling the calling task ends the transfer.
  func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse
}

package struct TransportRequest: Sendable {
  /// What becomes of the server's certificate.
  package enum Certificate: Sendable {
    /// It is verified as the transport's settings say.
    case verified
    /// The same, over a connection of its own, and the response tells who issued it.
    case told
    /// Any is accepted, and the response tells who issued it: for a request that anybody may read.
    case toldUnverified
  }

  package var method: String
  /// Absolute; its path is sent as it stands (no dot-segment removal).
  package var url: String
  /// In order.
  ///
  /// Values are secret because some are (`X-Amz-Security-Token`).
  package var fields: [(name: String, value: Secret)]
  package var body: [UInt8]
  /// Seconds; `nil` takes the transport's own, 0 waits without end.
  package var connectTimeout: Double?
  /// Seconds between two arriving bytes; `nil` takes the transport's own, 0 waits without end.
  package var readTimeout: Double?
  /// Metadata and container credential endpoints are never asked through a proxy.
  package var bypassesProxy: Bool
  /// The file of PEM certificates that the profile behind the request names; counts where the transport's settings
  /// name none.
  package var caBundle: String?
  /// The AWS operation, for the metrics; `nil` for requests that are not AWS API calls.
  package var operation: UpstreamOperation?
  package var certificate = Certificate.verified

  package init(
    method: String, url: String, fields: [(name: String, value: Secret)] = [], body: [UInt8] = [],
    connectTimeout: Double? = nil, readTimeout: Double? = nil, bypassesProxy: Bool = false,
    caBundle: String? = nil, operation: UpstreamOperation? = nil
  ) {
    self.method = method
    self.url = url
    self.fields = fields
    self.body = body
    self.connectTimeout = connectTimeout
    self.readTimeout = readTimeout
    self.bypassesProxy = bypassesProxy
    self.caBundle = caBundle
    self.operation = operation
  }
}

package struct TransportResponse: Sendable {
  package let status: Int
  /// In order of arrival, names as received, values trimmed.
  package let fields: [(name: String, value: String)]
  /// Secret because the answers that matter are.
  package let body: Secret
  /// Who issued the server's certificate, where the request asked for it.
  package var certificateIssuer: String?

  package init(status: Int, fields: [(name: String, value: String)], body: Secret) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  /// The first field of that name, in any letter case.
  package subscript(_ name: String) -> String? {
    let wanted = name.lowercased()
    return fields.first { $0.name.lowercased() == wanted }?.value
  }
}

/// Why there is no response.
///
/// Never holds a secret.
package struct TransportError: Error, Sendable, Equatable {
  package enum Reason: Sendable, Equatable {
    case resolve
    case connect
    case connectTimedOut
    case readTimedOut
    /// A certificate that does not verify, or no common TLS version.
    case tls
    /// The connection ended, or the response broke off or was not HTTP.
    case interrupted
    case tooLarge
    case invalidRequest
    case cancelled
  }

  package let reason: Reason
  /// For people; libcurl's own words where they name no address.
  package let message: String

  package init(_ reason: Reason, _ message: String) {
    self.reason = reason
    self.message = message
  }
}
