import ArgumentParser
import Client
import Configuration

struct GetFederationToken: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get-federation-token",
    abstract: "Does what aws connect get-federation-token does, from the daemon's cache.")

  // Messages, exit codes and parsing rules are those of the AWS CLI.
  @Argument(parsing: .captureForPassthrough, help: "The options of the AWS CLI.")
  var arguments: [String] = []

  func run() async throws {
    let status = await FederationCommand(environment: ProcessEnvironment.variables).run(arguments)
    guard status == 0 else { throw ExitCode(status) }
  }
}
