import ArgumentParser
import Client
import Configuration

struct GetFederationToken: AsyncParsableCommand {
  private static let name = "get-federation-token"

  static let configuration = CommandConfiguration(
    commandName: name,
    abstract: "Does what aws connect get-federation-token does, from the daemon's cache.")

  // Messages, exit codes and parsing rules are those of the AWS CLI.
  @Argument(
    parsing: .captureForPassthrough, help: "The options of the AWS CLI; help prints them.",
    completion: .custom { words, _, _ in FederationCommand.completions(after: words) })
  var arguments: [String] = []

  init() {}

  /// Returns `nil` for the command line of another command.
  ///
  /// Does without ArgumentParser, which takes longer to find this command than the daemon takes to answer it.
  init?(commandLine: [String]) {
    guard commandLine.dropFirst().first == Self.name else { return nil }
    arguments = Array(commandLine.dropFirst(2))
  }

  func run() async throws {
    // The AWS CLI has no such option: it takes it for a mistake, and names help.
    if ["-h", "--help"].contains(arguments.first) {
      do throws(CommandError) {
        return try StandardOutput.write("USAGE: fedbroker get-federation-token <options>\n\n\(FederationCommand.help)")
      } catch {
        throw Failure.exit(error)
      }
    }
    let status = await FederationCommand(environment: ProcessEnvironment.take()).run(arguments)
    guard status == 0 else { throw ExitCode(status) }
  }
}
