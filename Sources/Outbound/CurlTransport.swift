internal import Secrets
internal import System

/// HTTPS by libcurl: one thread for all transfers, connections kept for reuse.
///
/// TLS 1.2 or later, HTTP/1.1 only (one call at a time has no use for streams), no redirects, no cookies, no `.netrc`.
package final class CurlTransport: HTTPTransport {
  private let settings: TransportSettings
  private let thread: OutboundThread

  /// - Parameter thread: Drives the transfers, beside those of others that have it.
  package init(_ settings: TransportSettings = TransportSettings(), on thread: OutboundThread = OutboundThread()) {
    self.settings = settings
    self.thread = thread
  }

  package func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
    try request.validate()
    let proxy = try settings.proxies.proxy(for: request)
    let loop = try thread.loop()
    let transfer = CurlTransfer(request, by: proxy, settings)
    let result = await withCancellableContinuation { continuation in
      transfer.whenDone { continuation.resume(returning: $0) }
      loop.submit(transfer)
    } onCancel: {
      loop.cancel(transfer)
    }
    return try result.get()
  }
}

extension TransportRequest {
  /// Refuses what would end a line of the header early, and so let a value add fields or requests of its own.
  fileprivate func validate() throws(TransportError) {
    func isToken(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy(\.isTokenCharacter) }
    guard isToken(method) else { throw TransportError(.invalidRequest, "the method is not a token") }
    guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw TransportError(.invalidRequest, "the address holds a space, a control character or one beyond ASCII")
    }
    for field in fields {
      guard isToken(field.name) else { throw TransportError(.invalidRequest, "a field name is not a token") }
      let isOneLine = field.value.withBytes { bytes in
        bytes.indices.allSatisfy { bytes[$0] != 0x0D && bytes[$0] != 0x0A && bytes[$0] != 0 }
      }
      guard isOneLine else {
        throw TransportError(.invalidRequest, "the value of \(field.name) holds a line break or NUL")
      }
    }
  }
}
