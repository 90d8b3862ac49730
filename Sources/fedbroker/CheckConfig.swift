import ArgumentParser
import Client
import Configuration
import Daemon
import System

struct CheckConfig: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config",
    abstract: "Check a configuration and print the effective one, with where each value comes from.",
    discussion: "Environment variables count as they do for serve. Exits with 78 when something is wrong.")

  @Argument(
    help: "The configuration file; \(ConfigurationLoader.defaultFile) if none is given.",
    completion: .file(extensions: ["toml"]))
  var file: String?

  @Flag(help: "Also print the source of each instance's AWS credentials, and why the other sources have none.")
  var credentials = false

  @Flag(help: "Ask AWS STS for the caller of those credentials.")
  var whoami = false

  func validate() throws {
    if whoami, !credentials { throw ValidationError("--whoami goes with --credentials") }
  }

  func run() async throws {
    var flags = FlagOverrides()
    flags.config = file
    let environment = ProcessEnvironment.take()
    let effective: EffectiveConfiguration
    do throws(ConfigurationError) {
      effective = try ConfigurationLoader.load(flags: flags, environment: environment, accounts: .system)
    } catch {
      throw Failure.exit(.configuration("\(error)"))
    }
    do {
      let advice = try await ConfigurationAdvice(effective, environment: environment)
      let warnings = effective.warnings + advice.warnings
      for warning in warnings { StandardError.write("fedbroker: warning: \(warning)\n") }
      try StandardOutput.print(effective)
      try Daemon.checkLibraries(effective.configuration)
      if credentials { try await checkCredentials(effective, environment) }
      let count = warnings.isEmpty ? "" : ", \(warnings.count) warning\(warnings.count == 1 ? "" : "s")"
      try StandardOutput.print("\nOK: \(effective.summary)\(count)")
    } catch let error as StartError {
      throw Failure.exit(error)
    } catch let error as CommandError {
      throw Failure.exit(error)
    }
  }

  private func checkCredentials(_ effective: EffectiveConfiguration, _ environment: [String: String]) async throws {
    let check = try await CredentialCheck(effective.configuration, environment: environment, asksWhose: whoami)
    try StandardOutput.print("\n\(check.description.printableLines)")
    if !check.isGood { throw StartError.configuration("there are instances without AWS credentials") }
  }
}
