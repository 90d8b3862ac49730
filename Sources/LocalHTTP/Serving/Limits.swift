/// What one client may take of a server.
///
/// Sizes are in bytes, times in milliseconds. A time limit ends at most an eighth of its length late.
package struct Limits: Sendable, Equatable {
  /// TCP connections open at once, and as many of unix sockets, over all listeners without a cap of their own.
  package var connections = 1024
  /// Connections open at once over the listeners with a cap of their own.
  package var exemptConnections = 64
  /// Connections of each cap that one user may have; `nil` stands for a quarter of the cap, which the server's own user
  /// and root may exceed.
  package var connectionsPerUser: Int?
  /// Requests on one connection; the last answer says `Connection: close`.
  package var requestsPerConnection = 10_000
  /// The length of the request target; a longer one is 414.
  package var target = 8 * 1024
  /// The length of all field lines together, and of all trailer fields; more is 431.
  package var header = 32 * 1024
  /// The number of field lines, and of trailer fields; more is 431.
  package var fields = 100
  /// The length of a request's body; a longer one is 413.
  package var body = 64 * 1024
  /// From the first byte of a request to the end of its header; later is 408.
  package var headerTime = 10_000
  /// From the end of the header to the end of the body; later is 408.
  package var bodyTime = 30_000
  /// Between two reads of a body; more is 408.
  package var bodyStallTime = 10_000
  /// Without any request; then the connection is closed without an answer.
  package var idleTime = 60_000
  /// From a TCP connection's start to its first admitted request; then the connection is closed.
  package var admissionTime = 5_000
  /// The memory that holds parts of requests of clients that are not known to be admitted, over all connections; beyond it
  /// the oldest is refused.
  package var strangersMemory = 8 << 20
  /// Without the client taking a byte of a response; then the connection is closed.
  package var writeStallTime = 30_000
  /// How long a connection after its last response waits for the client to close (RFC 9112 §9.6).
  package var lingerTime = 2_000
  /// How long a shutdown waits for the first request of a connection; then the connection is closed.
  package var drainTime = 500

  /// The defaults.
  package init() {}
}
