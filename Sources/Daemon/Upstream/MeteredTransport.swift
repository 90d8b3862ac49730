internal import Clocks
internal import LocalAPI
internal import Outbound
internal import Telemetry

/// Counts and times the calls of AWS.
///
/// What is no operation of AWS, as the metadata of the machine, is left out.
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
