import ArgumentParser
import Daemon

enum Failure {
  /// Says on standard error why a command ends, and how it ends.
  static func exit(_ error: StartError) -> ExitCode {
    StandardError.write("fedbroker: \(error.description.split(separator: "\n").joined(separator: "\nfedbroker: "))\n")
    return ExitCode(error.exitCode)
  }
}
