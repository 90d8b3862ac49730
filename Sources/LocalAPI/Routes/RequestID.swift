package import Logging
internal import System

/// Names one request in an error answer and in the log, as a random UUID, the form that AWS's request ids have.
package struct RequestID: Sendable, CustomStringConvertible {
  package let description = RandomBytes.uuid()

  /// That of the request for which the current task works.
  @TaskLocal static var current: RequestID?

  /// Names the request that caused it in each line of the log.
  package static let metadataProvider = Logger.MetadataProvider { current.map { ["request_id": "\($0)"] } ?? [:] }
}
