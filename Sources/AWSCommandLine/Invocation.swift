package import AWSOutput
internal import JMESPath
package import JSON

/// A parsed command line of `get-federation-token`.
package struct Invocation: Sendable {
  /// What the command does.
  package enum Purpose: Sendable, Equatable {
    case call
    case printInputSkeleton
    case printOutputSkeleton
  }

  package var purpose = Purpose.call
  /// As given: it may name a file.
  var instanceID: String?
  /// As given: it may name a file.
  var inputJSON: String?

  package var profile: String?
  package var region: String?
  package var endpointURL: String?
  package var caBundle: String?
  package var verifiesCertificates = true
  package var signsRequests = true
  /// Seconds; 0 waits without end.
  package var connectTimeout = 60
  /// Seconds; 0 waits without end.
  package var readTimeout = 60
  package var isDebugging = false

  package var output: String?
  package var color = ColorSetting.auto
  var query: JMESPath?

  /// Calls AWS and no daemon.
  package var isDirect = false
  /// The address of the only daemon to ask.
  package var broker: String?

  /// Returns what the query selects from a result; the whole result without a query.
  package func selection(from result: JSONValue) throws(CommandFailure) -> JSONValue {
    guard let query else { return result }
    do { return try query.search(result) } catch { throw .exception(error.message) }
  }
}
