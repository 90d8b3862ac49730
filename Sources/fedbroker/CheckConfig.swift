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

  @Argument(help: "The configuration file; \(ConfigurationLoader.defaultFile) if none is given.")
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
    let warnings =
      effective.warnings + (await UpstreamWarnings.all(effective.configuration, environment: environment))
    for warning in warnings { StandardError.write("warning: \(warning)\n") }
    print(effective)
    do throws(StartError) {
      try Daemon.checkLibraries(effective.configuration)
      guard credentials else { return }
      let check = try await CredentialCheck(effective.configuration, environment: environment, asksWhose: whoami)
      print("\n\(check.description.printableLines)")
      if !check.isGood { throw .configuration("there are instances without AWS credentials") }
    } catch {
      throw Failure.exit(error)
    }
  }
}
