package import HTTPTypes

/// Answers the requests of a listener.
package protocol RequestHandler: Sendable {
  /// Decides whether the client may send the body of a request, and what is kept of it.
  ///
  /// Called when the header section of a request with a body is complete; `answer` follows once its body is there. Must not
  /// block. Without an implementation each body within `Limits.body` is kept.
  func admit(_ request: Request, from client: Client) -> Admission

  /// Answers one request, at once where it can.
  ///
  /// Called on a thread that other connections share, so it must not block: work that waits goes into `.later`.
  func answer(_ request: Request, from client: Client) -> Answer

  /// Returns the response that tells the client of a refusal by the server, of bytes that never became a request.
  func refuse(_ refusal: Refusal, from client: Client) -> Response
}

extension RequestHandler {
  package func admit(_ request: Request, from client: Client) -> Admission { .granted(BodyUse(keptBytes: .max)) }
}

/// What becomes of a request's body.
package enum Admission: Sendable {
  case granted(BodyUse)
  /// The client may not ask. The body is read, checked and dropped, and then this is sent.
  case refused(Response)
}

/// How a handler answers a request.
package enum Answer: Sendable {
  /// The response is ready.
  case now(Response)
  /// The client may not ask: the connection still waits for a request that is admitted.
  case refused(Response)
  /// Runs as a task of its own. The connection reads nothing more until it ends, and a client that goes away does not
  /// cancel it.
  case later(@Sendable () async -> Response)
  /// Runs as a task of its own, perhaps for minutes; ends when the client goes away.
  ///
  /// The task is cancelled once the client has closed its side, and the connection is closed: it would hold a place that
  /// others could have. A client that only ends its sending, and waits all the same, gets no response.
  case lasting(@Sendable () async -> Response)
  /// Closes the connection without a response, as a crashed server would.
  case abort
}

/// The reason why the server refuses a request, or a client, by itself.
package enum Refusal: Error, Sendable, Equatable {
  /// Not HTTP, or framed such that two readers could disagree.
  ///
  /// The text says what is wrong and quotes nothing of the client's.
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

  /// The status code of the response.
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
