import ArgumentParser
import Client
import Configuration

struct Exec: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec",
    abstract: "Runs a command whose AWS clients ask the daemon in place of Amazon Connect.",
    usage: "fedbroker exec [--broker <http://…>] -- <command> ...",
    discussion: """
      The command gets AWS_ENDPOINT_URL_CONNECT and the local key pair in its environment. The AWS CLI takes that from \
      versions 1.29 and 2.13 on, and boto3 from 1.28; an older one needs --endpoint-url.
      """)

  @Option(help: ArgumentHelp("The daemon to ask.", valueName: "http://…"))
  var broker: String?

  @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
  var command: [String] = []

  func run() async throws {
    // The passthrough takes these as well.
    if ["-h", "--help"].contains(command.first) { throw CleanExit.helpRequest(self) }
    let command = Array(command.first == "--" ? command.dropFirst() : command[...])
    guard let program = command.first else { throw ValidationError("a command is missing: fedbroker exec -- COMMAND") }
    let keyPair: LocalKeyPair
    do throws(CommandError) { keyPair = try LocalKeyPair.forCommand(broker) } catch { throw Failure.exit(error) }
    await warnOfOldVersion(command, keyPair)
    let failure = ReplacedProcess.execute(command, changes: keyPair.variables)
    StandardError.write("fedbroker: \(program): \(ReplacedProcess.reason(failure))\n")
    // The exit codes of shells: 127 for a command that is not found, 126 for one that cannot run.
    throw ExitCode(failure == 2 ? 127 : 126)
  }

  private func warnOfOldVersion(_ command: [String], _ keyPair: LocalKeyPair) async {
    guard !command.contains(where: { $0.hasPrefix("--endpoint-url") }),
      let version = await AWSCommandVersion.of(command, environment: ProcessEnvironment.variables),
      version.ignoresEndpointVariable
    else { return }
    StandardError.write(
      """
      fedbroker: warning: aws \(version) ignores AWS_ENDPOINT_URL_CONNECT, and would call AWS with a key that AWS does \
      not know: add --endpoint-url \(keyPair.endpointURL), or use 1.29, 2.13 or later

      """)
  }
}
