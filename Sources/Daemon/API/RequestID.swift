internal import FoundationEssentials

/// Names one request in an error answer and in the log, as a random UUID, the form that AWS's request ids have.
struct RequestID: Sendable, CustomStringConvertible {
  let description = UUID().uuidString.lowercased()
}
