/// What one client may take of the server.
///
/// Sizes are bytes, times are milliseconds.
package struct Limits: Sendable, Equatable {
  /// Connections open at once, over all listeners that are not exempt.
  package var connections = 1024
  package var requestsPerConnection = 10_000
  /// Of the request target; a longer one is 414.
  package var target = 8 * 1024
  /// Of all field lines together; more is 431.
  ///
  /// Bounds trailers likewise.
  package var header = 32 * 1024
  package var fields = 100
  package var body = 64 * 1024
  /// From the first byte of a request to the end of its header; later is 408.
  package var headerTime = 10_000
  /// From the end of the header to the end of the body; later is 408.
  package var bodyTime = 30_000
  /// Between two reads of a body; more is 408.
  package var bodyStallTime = 10_000
  /// Without any request; then the connection is closed without a word.
  package var idleTime = 60_000
  /// Without a byte of an answer taken by the client; then the connection is dropped.
  package var writeStallTime = 30_000
  /// How long a connection that said its last word waits for the client to close (RFC 9112 §9.6).
  package var lingerTime = 2_000

  package init() {}
}
