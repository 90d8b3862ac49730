internal import Clocks
internal import LocalAPI
internal import Outbound
internal import Telemetry

/// Counts AWS calls and measures their duration.
///
/// Requests that are not AWS API calls, such as instance metadata, are not counted.
struct MeteredTransport: HTTPTransport {
  let transport: any HTTPTransport
  let metrics: Metrics

  func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse {
    guard let operation = request.operation else { return try await transport.send(request) }
    let start = KernelClock.monotonicNanoseconds
    let result: Result<TransportResponse, TransportError>
    do throws(TransportError) {
      result = .success(try await transport.send(request))
    } catch {
      result = .failure(error)
    }
    metrics.upstreamRequests.increment(operation, result)
    metrics.upstreamDuration.observe(nanoseconds: KernelClock.monotonicNanoseconds - start)
    return try result.get()
  }
}
