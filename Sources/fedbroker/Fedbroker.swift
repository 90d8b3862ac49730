import ArgumentParser
import Configuration

@main
struct Fedbroker: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fedbroker",
    abstract: "Serves cached Amazon Connect federation tokens to the programs of this machine.",
    version: "fedbroker \(Version.text)",
    subcommands: [
      Serve.self, GetFederationToken.self, SignIn.self, Status.self, Env.self, Exec.self, CheckConfig.self,
      Emulate.self, Health.self,
    ])
}
