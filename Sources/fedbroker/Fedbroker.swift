import ArgumentParser
import Configuration
import Glibc

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

  /// Dispatch asks for a raised priority for some of its threads. Only a privileged process gets that; for any other,
  /// Dispatch writes a line to syslog for each thread, unless this variable says otherwise.
  static func main() async {
    setenv("LIBDISPATCH_LOG", "NO", 0)
    await main(nil)
  }
}
