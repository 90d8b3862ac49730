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

  /// Silences Dispatch, which writes a line to syslog for each thread that gets no raised priority.
  ///
  /// Only a privileged process gets one.
  static func main() async {
    setenv("LIBDISPATCH_LOG", "NO", 0)
    await main(nil)
  }
}
