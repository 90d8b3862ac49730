import ArgumentParser
import Configuration
import Daemon

struct Serve: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Runs the daemon in the foreground.")

  @OptionGroup var options: ServeOptions

  func run() async throws {
    do throws(StartError) {
      try await Daemon.run(flags: options.overrides, environment: ProcessEnvironment.take())
    } catch {
      throw Failure.exit(error)
    }
  }
}
