/// Why a server did not do what it was asked.
///
/// Never holds a secret.
package enum StoreError: Error, Sendable, Equatable, CustomStringConvertible {
  /// There is no connection, or it has ended.
  case unreachable(String)
  /// No answer came in time.
  case timedOut
  /// What came was no answer to what was asked.
  case malformed(String)
  /// The server's own error: `code` is its first word, such as `NOAUTH`.
  case refused(code: String, message: String)
  /// The calling task was cancelled.
  case cancelled
  /// The store has failed before, and is being tried again beside.
  case alone

  /// Reads an error reply.
  init(reply text: String) {
    let code = text.prefix { $0 != " " }
    // The server's text ends up in the log.
    let printable = text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(200)
    self = .refused(code: String(code.prefix(40)), message: String(String.UnicodeScalarView(printable)))
  }

  package var description: String {
    switch self {
    case .unreachable(let message): message
    case .timedOut: "no answer in time"
    case .malformed(let message): "not an answer: \(message)"
    case .refused(_, let message): message
    case .cancelled: "the caller went away"
    case .alone: "the store is away"
    }
  }

  /// A word for metrics.
  package var label: String {
    switch self {
    case .unreachable: "unreachable"
    case .timedOut: "timeout"
    case .malformed: "malformed"
    case .refused: "refused"
    case .cancelled, .alone: "alone"
    }
  }
}
