package import HTTPTypes

/// What answers the requests of a listener.
package protocol RequestHandler: Sendable {
  /// Answers one request, at once where it can.
  ///
  /// Called on a queue that other connections share, so it never blocks: what has to wait goes into `.later`.
  func answer(_ request: Request, from client: Client) -> Answer

  /// Words the server's own refusal of something that never became a request.
  func refuse(_ refusal: Refusal, from client: Client) -> Response
}

package enum Answer: Sendable {
  case now(Response)
  /// Runs as a task of its own. The connection reads nothing more until it ends, and a client that goes away does not
  /// cancel it.
  case later(@Sendable () async -> Response)
  /// Closes the connection without a word, as a server that crashed would.
  case abort
}

/// Who is at the other end of a connection, as the kernel says.
package final class Client: Sendable {
  package enum Transport: Sendable, Equatable {
    case tcp
    /// The peer's user and all of its groups, as of `connect` (`SO_PEERCRED`, `SO_PEERGROUPS`).
    case unix(uid: UInt32, gids: [UInt32])
  }

  package let transport: Transport
  /// For logs: `127.0.0.1:51234`, `[::1]:51234` or `unix`.
  package let address: String

  package init(transport: Transport, address: String) {
    self.transport = transport
    self.address = address
  }
}

/// Why the server answers without asking the handler for more than the words.
package enum Refusal: Error, Sendable, Equatable {
  /// Not HTTP, or framed such that two readers could disagree; the text says what is wrong, without quoting the client.
  case malformed(String)
  case targetTooLong
  case headerTooLarge
  case bodyTooLarge
  /// The header or the body did not arrive in time.
  case timedOut
  /// A transfer coding other than `chunked` (RFC 9112 §6.1: 501).
  case unknownTransferCoding
  /// An expectation other than `100-continue` (RFC 9110 §10.1.1: 417).
  case unknownExpectation
  /// A major version other than 1 (RFC 9110 §15.6.6: 505).
  case unsupportedVersion
  /// The connection cap is reached.
  case busy

  package var status: HTTPResponse.Status {
    switch self {
    case .malformed: .badRequest
    case .targetTooLong: .uriTooLong
    case .headerTooLarge: .requestHeaderFieldsTooLarge
    case .bodyTooLarge: .contentTooLarge
    case .timedOut: .requestTimeout
    case .unknownTransferCoding: .notImplemented
    case .unknownExpectation: .expectationFailed
    case .unsupportedVersion: .httpVersionNotSupported
    case .busy: .serviceUnavailable
    }
  }
}
