import ArgumentParser
import Client
import Configuration

struct Env: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "env",
    abstract: "Prints the settings that point AWS clients at the daemon, for eval in a shell or for ~/.aws/config.",
    discussion: """
      eval "$(fedbroker env)" makes every AWS client of a shell use the local key pair, which only GetFederationToken \
      takes: other AWS calls of that shell fail. A profile, or fedbroker exec for one command, does not have that effect. \
      In fish: fedbroker env --shell fish | source
      """)

  @Option(help: ArgumentHelp("The shell that reads the commands.", valueName: "shell"))
  var shell = Shell.sh

  @Option(help: ArgumentHelp("Print a profile of this name for ~/.aws/config instead.", valueName: "name"))
  var profile: String?

  @Option(help: ArgumentHelp("The daemon to ask.", valueName: "http://…"))
  var broker: String?

  func run() throws {
    do throws(CommandError) {
      try printSettings()
    } catch {
      // Otherwise eval "$(fedbroker env)" would succeed, and the shell would go on without the settings.
      if profile == nil { try? StandardOutput.write("false\n") }
      throw Failure.exit(error)
    }
  }

  private func printSettings() throws(CommandError) {
    let keyPair = try LocalKeyPair.forCommand(broker)
    if let profile { return try StandardOutput.write(try keyPair.profileForCommand(named: profile)) }
    try StandardOutput.write(keyPair.commands(for: shell))
    StandardError.write(
      "fedbroker: warning: other AWS calls of this shell will fail; fedbroker exec sets this for one command only\n")
  }
}

extension Shell: ExpressibleByArgument {}
