internal import AWS
package import Outbound
internal import Telemetry

/// `fedbroker_upstream_requests_total`.
package struct UpstreamCounter: Sendable {
  private enum Outcome: Int, CaseIterable {
    case success
    /// 429, or one of AWS's throttling codes.
    case throttled
    /// Another 4xx, or a redirection.
    case refused
    /// 5xx.
    case failed
    case timeout
    case unreachable
    /// The daemon cancelled the call.
    case cancelled
  }

  private let family = CounterFamily(
    "fedbroker_upstream_requests_total", "Requests to AWS, each attempt counted, by operation and outcome.",
    labels: ["operation", "outcome"],
    series: UpstreamOperation.allCases.flatMap { operation in
      Outcome.allCases.map { [operation.rawValue, "\($0)"] }
    })

  /// Counts one attempt of an AWS call.
  package func increment(_ operation: UpstreamOperation, _ result: Result<TransportResponse, TransportError>) {
    guard let row = UpstreamOperation.allCases.firstIndex(of: operation) else { return }
    family.increment(row * Outcome.allCases.count + Self.outcome(result).rawValue)
  }

  func write(to text: inout MetricsText) {
    family.write(to: &text)
  }

  private static func outcome(_ result: Result<TransportResponse, TransportError>) -> Outcome {
    switch result {
    case .success(let response):
      switch response.status {
      case ..<300: .success
      case 500...: .failed
      default: ServiceError(response).isThrottling ? .throttled : .refused
      }
    case .failure(let error):
      switch error.reason {
      case .connectTimedOut, .readTimedOut: .timeout
      case .cancelled: .cancelled
      case .resolve, .connect, .tls, .interrupted, .tooLarge, .invalidRequest: .unreachable
      }
    }
  }
}
