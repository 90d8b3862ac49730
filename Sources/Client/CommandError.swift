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

  package init(_ description: String, exitCode: Int32 = 1) {
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

  /// Repeats the daemon's error; adds the name of an instance that was probably meant.
  init(refusal response: LocalResponse, instance: String, known: [String]) {
    let refusal = CommandError(refusal: response)
    let meant = Suggestion.closest(to: instance, among: known).map { " Did you mean \($0)?" } ?? ""
    let list = meant.isEmpty && !known.isEmpty ? " It serves: \(known.joined(separator: ", "))." : meant
    self.init(refusal.description + list, exitCode: refusal.exitCode)
  }

  static let unexpectedAnswer = CommandError("the daemon's answer is not one of this version")
}

extension LocalKeyPair {
  /// Returns the key pair for a command that needs a daemon.
  package static func forCommand(_ broker: String?) throws(CommandError) -> LocalKeyPair {
    do { return try LocalKeyPair(broker, environment: ProcessEnvironment.variables) } catch {
      throw CommandError(error.description, exitCode: EX_UNAVAILABLE)
    }
  }

  /// Returns what `profile(named:)` returns.
  package func profileForCommand(named name: String) throws(CommandError) -> String {
    do { return try profile(named: name) } catch { throw CommandError(error.description, exitCode: EX_UNAVAILABLE) }
  }
}

extension BrokerClient {
  /// Returns the client for a command that needs a daemon.
  package static func forCommand(_ broker: String?) throws(CommandError) -> BrokerClient {
    do { return try BrokerClient(broker, environment: ProcessEnvironment.variables) } catch {
      throw CommandError(unreachable: error)
    }
  }
}
