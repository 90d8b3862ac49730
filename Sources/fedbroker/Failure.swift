import ArgumentParser
import Client
import Daemon

enum Failure {
  /// Says on standard error why a command ends, and how it ends.
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
