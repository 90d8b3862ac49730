import ArgumentParser
import Client
import Configuration

struct Exec: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec",
    abstract: "Runs a command whose AWS clients ask the daemon in place of Amazon Connect.",
    usage: "fedbroker exec [--broker <http://…>] -- <command> ...")

  @Option(help: ArgumentHelp("The daemon to ask.", valueName: "http://…"))
  var broker: String?

  @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
  var command: [String] = []

  func run() throws {
    // The passthrough takes these as well.
    if ["-h", "--help"].contains(command.first) { throw CleanExit.helpRequest(self) }
    let command = Array(command.first == "--" ? command.dropFirst() : command[...])
    guard let program = command.first else { throw ValidationError("a command is missing: fedbroker exec -- COMMAND") }
    let keyPair: LocalKeyPair
    do throws(LocalKeyPair.Unavailable) {
      keyPair = try LocalKeyPair(broker, environment: ProcessEnvironment.variables)
    } catch {
      StandardError.write("fedbroker: \(error)\n")
      throw ExitCode(69)
    }
    let failure = ReplacedProcess.execute(command, changes: keyPair.variables)
    StandardError.write("fedbroker: \(program): \(ReplacedProcess.reason(failure))\n")
    // The exit codes of shells: 127 for a command that is not found, 126 for one that cannot run.
    throw ExitCode(failure == 2 ? 127 : 126)
  }
}
