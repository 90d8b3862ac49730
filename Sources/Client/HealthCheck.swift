internal import Clocks
internal import Configuration
internal import Glibc
internal import LocalHTTP
internal import System

/// Whether a daemon is ready, or has a live token of one instance, now or within some time.
package struct HealthCheck: Sendable {
  private let broker: String?
  private let instance: String?

  /// - Parameter instance: `nil` asks whether all warm instances have a live token.
  package init(broker: String?, instance: String?) {
    self.broker = broker
    self.instance = instance
  }

  /// Asks until the answer is yes, for that long at most and once at least; returns the reason of the last no.
  package func run(for duration: Duration) -> String? {
    let end = KernelClock.monotonic + Int64(duration / .milliseconds(1))
    var said = false
    while true {
      guard let reason = reasonAgainst() else { return nil }
      let left = end - KernelClock.monotonic
      guard left > 0 else { return reason }
      if !said, StandardError.isTerminal {
        StandardError.write(
          "fedbroker: waiting for \(instance.map { "a token of \($0)" } ?? "the daemon"): \(reason)\n")
        said = true
      }
      usleep(UInt32(min(left, 250)) * 1000)
    }
  }

  /// Returns why the answer is no; `nil` for yes.
  private func reasonAgainst() -> String? {
    do {
      // Found anew each time: the daemon may make its socket meanwhile.
      let client = try BrokerClient(broker, environment: ProcessEnvironment.variables)
      guard let instance else {
        let answer = try client.readiness()
        return answer.isReady ? nil : answer.detail
      }
      let target = "/v1/instances/\(PercentEncoding.encode(instance))/token"
      let response = try client.response("GET", target, timeout: 60).response
      return response.status == 200 ? nil : client.refusal(response, of: instance).description
    } catch {
      return "\(error)"
    }
  }
}
