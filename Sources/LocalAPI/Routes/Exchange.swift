internal import Clocks
internal import LocalHTTP
internal import Telemetry

/// One request on its way through the daemon, for the metrics and the log.
struct Exchange: Sendable {
  let client: Client
  /// Nanoseconds on the monotonic clock.
  let arrival = KernelClock.monotonicNanoseconds
  var route = Route.Name.none
  /// Made when it is first asked for: a hit needs none, and random numbers cost a system call.
  lazy var id = RequestID()

  init(client: Client) {
    self.client = client
  }
}
