import ArgumentParser
import Daemon

struct CheckConfig: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config",
    abstract: "Check a configuration and print the effective one, with where each value comes from.",
    discussion: "Environment variables count as they do for serve. Exits with 78 when something is wrong.")

  @Argument(help: "The configuration file; \(ConfigurationLoader.defaultFile) if none is given.")
  var file: String?

  func run() throws {
    var flags = FlagOverrides()
    flags.config = file
    do throws(ConfigurationError) {
      let effective = try ConfigurationLoader.load(flags: flags, environment: ProcessEnvironment.variables)
      for warning in effective.warnings { StandardError.write("warning: \(warning)\n") }
      print(effective)
    } catch {
      throw Failure.exit(.configuration("\(error)"))
    }
  }
}
