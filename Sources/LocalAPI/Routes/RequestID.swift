internal import FoundationEssentials
internal import Logging

/// Names one request in an error answer and in the log, as a random UUID, the form that AWS's request ids have.
struct RequestID: Sendable, CustomStringConvertible {
  let description = UUID().uuidString.lowercased()

  /// That of the request for which the current task works.
  @TaskLocal static var current: RequestID?

  /// Names the request that caused it in each line of the log.
  static let metadataProvider = Logger.MetadataProvider { current.map { ["request_id": "\($0)"] } ?? [:] }
}
