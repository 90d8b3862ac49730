import ArgumentParser
import Client
import Daemon
import System

enum Failure {
  /// Writes the reason to standard error and returns the exit code.
  static func exit(_ error: StartError) -> ExitCode {
    exit(error.description, error.exitCode)
  }

  static func exit(_ error: CommandError) -> ExitCode {
    exit(error.description, error.exitCode)
  }

  private static func exit(_ description: String, _ exitCode: Int32) -> ExitCode {
    let lines = description.printableLines.split(separator: "\n").joined(separator: "\nfedbroker: ")
    StandardError.write("fedbroker: \(lines)\n")
    return ExitCode(exitCode)
  }
}
