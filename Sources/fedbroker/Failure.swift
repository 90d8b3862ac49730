import ArgumentParser
import Client
import Daemon

enum Failure {
  /// Writes the reason to standard error and returns the exit code.
  static func exit(_ error: StartError) -> ExitCode {
    exit(error.description, error.exitCode)
  }

  static func exit(_ error: CommandError) -> ExitCode {
    exit(error.description, error.exitCode)
  }

  private static func exit(_ description: String, _ exitCode: Int32) -> ExitCode {
    StandardError.write("fedbroker: \(description.split(separator: "\n").joined(separator: "\nfedbroker: "))\n")
    return ExitCode(exitCode)
  }
}
