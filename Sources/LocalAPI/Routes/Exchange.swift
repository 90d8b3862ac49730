internal import Clocks
internal import LocalHTTP

/// One request on its way through the daemon, for the metrics and the log.
struct Exchange: Sendable {
  let client: Client
  /// Nanoseconds on the monotonic clock.
  let arrival = KernelClock.monotonicNanoseconds
  /// The row of its route's label in the metrics; 0 until the route is known.
  var row = 0
  /// Made at its first use: a hit needs none, and random numbers cost a system call.
  lazy var id = RequestID()

  init(client: Client) {
    self.client = client
  }
}
