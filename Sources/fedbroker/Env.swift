import ArgumentParser
import Client
import Configuration

struct Env: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "env",
    abstract: "Prints the settings that point AWS clients at the daemon, for eval in a shell or for ~/.aws/config.",
    discussion: """
      eval "$(fedbroker env)" makes every AWS client of a shell use the local key pair, which only GetFederationToken \
      takes: other AWS calls of that shell fail. A profile, or fedbroker exec for one command, does not have that effect.
      """)

  @Option(help: ArgumentHelp("Print a profile of this name for ~/.aws/config instead.", valueName: "name"))
  var profile: String?

  @Option(help: ArgumentHelp("The daemon to ask.", valueName: "http://…"))
  var broker: String?

  func run() throws {
    do throws(LocalKeyPair.Unavailable) {
      let keyPair = try LocalKeyPair(broker, environment: ProcessEnvironment.variables)
      if let profile { return print(try keyPair.profile(named: profile), terminator: "") }
      print(keyPair.shellCommands, terminator: "")
      StandardError.write(
        "fedbroker: warning: other AWS calls of this shell will fail; fedbroker exec sets this for one command only\n")
    } catch {
      StandardError.write("fedbroker: \(error)\n")
      throw ExitCode(69)
    }
  }
}
