internal import AWS
package import FederationBroker
internal import RefreshingCache
package import Telemetry

/// All metrics of the daemon; dashboards and alerts rely on their names.
///
/// Safe to use from any thread.
package final class Metrics: Sendable {
  package init() {}

  let requests = RequestCounter()
  let requestDuration = DurationHistogram(
    "fedbroker_request_duration_seconds", "From a request's arrival in full to its answer, without sending that.",
    microseconds: [5, 10, 25, 50, 100, 1_000, 10_000, 100_000, 250_000, 500_000]
      + [1_000_000, 2_000_000, 5_000_000, 10_000_000, 30_000_000])
  private let cacheRequests = CounterFamily(
    "fedbroker_cache_requests_total", "Requests for a token, by whether the cache had it.", labels: ["result"],
    series: CacheResult.allCases.map { ["\($0)"] })
  /// The attempts of AWS calls.
  package let upstreamRequests = UpstreamCounter()
  /// The duration of AWS calls.
  package let upstreamDuration = DurationHistogram(
    "fedbroker_upstream_request_duration_seconds", "From sending a request to AWS to the end of its answer.",
    microseconds: [5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000]
      + [1_000_000, 2_000_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000])
  private let refreshes = CounterFamily(
    "fedbroker_refreshes_total", "Fetches of tokens ahead of need or on demand, not for a miss, by outcome.",
    labels: ["outcome"], series: RefreshOutcome.allCases.map { [$0.label] })

  private let denied = CounterFamily(
    "fedbroker_denied_total", "Requests refused for who asked or how, by reason.", labels: ["reason"],
    series: Denial.allCases.map { [$0.rawValue] })
  private let auditLines = CounterFamily(
    "fedbroker_audit_lines_total", "Lines written to the audit log.", labels: [], series: [[]])
  private let auditLost = CounterFamily(
    "fedbroker_audit_lost_total", "Lines that the audit log could not take.", labels: [], series: [[]])

  /// Those of the fleet, written where the daemon has one.
  package let fleet = FleetMetrics()

  enum CacheResult: Int, CaseIterable {
    /// Answered from memory.
    case hit
    /// Waited for AWS.
    case miss
  }

  private enum RefreshOutcome: Int, CaseIterable {
    case success
    case failure
    /// AWS denied access: the token is erased.
    case rejected
    /// There are no credentials to ask with, such as after a sign-in has expired: the token is erased.
    case noCredentials

    var label: String { self == .noCredentials ? "no_credentials" : "\(self)" }
  }

  func count(_ result: CacheResult) {
    cacheRequests.increment(result.rawValue)
  }

  func count(_ denial: Denial) {
    if let series = Denial.allCases.firstIndex(of: denial) { denied.increment(series) }
  }

  func countAudit(isLost: Bool) {
    (isLost ? auditLost : auditLines).increment(0)
  }

  /// Counts an event of the broker.
  package func count(_ event: BrokerEvent) {
    switch event {
    case .fetched(_, let cause, _, _, _): count(.success, cause)
    case .fetchFailed(_, let cause, _): count(.failure, cause)
    case .rejected(_, let cause, let error): count(error.reason == .noCredentials ? .noCredentials : .rejected, cause)
    case .lapsed, .evicted, .erased: break
    }
  }

  private func count(_ outcome: RefreshOutcome, _ cause: FetchCause) {
    if cause != .miss { refreshes.increment(outcome.rawValue) }
  }

  func write(to text: inout MetricsText) {
    requests.write(to: &text)
    requestDuration.write(to: &text)
    cacheRequests.write(to: &text)
    upstreamRequests.write(to: &text)
    upstreamDuration.write(to: &text)
    refreshes.write(to: &text)
    denied.write(to: &text)
    auditLines.write(to: &text)
    auditLost.write(to: &text)
  }
}
