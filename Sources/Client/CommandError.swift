internal import Configuration
internal import Glibc
internal import JSON
internal import LocalHTTP
internal import Secrets
internal import System

/// The reason why a command failed, for a person, and its exit code.
package struct CommandError: Error, Sendable, CustomStringConvertible {
  package let description: String
  package let exitCode: Int32

  init(_ description: String, exitCode: Int32 = 1) {
    self.description = description
    self.exitCode = exitCode
  }

  init(unreachable error: BrokerClient.Unreachable) {
    self.init(error.description, exitCode: EX_UNAVAILABLE)
  }

  /// Repeats the daemon's error.
  init(refusal response: LocalResponse) {
    let problem = try? SecretJSON(parsing: response.body)
    let detail = problem?["detail"]?.string ?? "the daemon's answer was \(response.status)"
    self.init((problem?["code"]?.string.map { "\($0): \(detail)" } ?? detail).printable)
  }

  static let unexpectedAnswer = CommandError("the daemon's answer is not one of this version")
}

extension BrokerClient {
  /// Returns the client for a command that needs a daemon.
  package static func forCommand(_ broker: String?) throws(CommandError) -> BrokerClient {
    do { return try BrokerClient(broker, environment: ProcessEnvironment.variables) } catch {
      throw CommandError(unreachable: error)
    }
  }
}
