package import AWSOutput
internal import JMESPath
package import JSON

/// A command line of `get-federation-token`, understood.
package struct Invocation: Sendable {
  /// What the command is to do.
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

  /// Asks AWS, whatever daemon there is.
  package var isDirect = false
  /// Asks this daemon and no one else.
  package var broker: String?

  /// What the query selects from a result; all of it without one.
  package func selection(from result: JSONValue) throws(CommandFailure) -> JSONValue {
    guard let query else { return result }
    do { return try query.search(result) } catch { throw .exception(error.message) }
  }
}
