package import Outbound
internal import Secrets

/// Hands requests to an emulator within the process, in place of the network.
package struct EmulatorTransport: HTTPTransport {
  private let emulator: ConnectEmulator

  package init(_ emulator: ConnectEmulator) {
    self.emulator = emulator
  }

  package func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
    let (outcome, latency) = emulator.answer(try EmulatorRequest(request))
    if latency > 0 {
      do { try await Task.sleep(for: .seconds(latency)) } catch {
        throw TransportError(.cancelled, "The call was cancelled.")
      }
    }
    switch outcome {
    case .response(let response):
      return TransportResponse(
        status: response.status, fields: response.fields + [("Date", response.dateText)], body: response.body)
    case .drop:
      throw TransportError(.interrupted, "The emulator dropped the connection.")
    }
  }
}

extension EmulatorRequest {
  fileprivate init(_ request: TransportRequest) throws(TransportError) {
    // https:, nothing, the authority, and what the request line names.
    let parts = request.url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4 else { throw TransportError(.invalidRequest, "the address has no path") }
    let target = parts[3].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    self.init(
      method: request.method, path: "/" + target[0], query: target.count > 1 ? String(target[1]) : "",
      fields: request.fields.map { (name: $0.name, value: $0.value.exposed) }, body: request.body)
  }
}
