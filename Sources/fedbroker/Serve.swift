import ArgumentParser
import Configuration
import Daemon

struct Serve: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Runs the daemon in the foreground.")

  @OptionGroup var options: ServeOptions

  func run() async throws {
    try await run(try prepare())
  }

  /// Does the part of the start for which the process must have one thread.
  func prepare() throws -> Daemon.Prepared {
    do throws(StartError) {
      return try Daemon.prepare(flags: options.overrides, environment: ProcessEnvironment.take())
    } catch {
      throw Failure.exit(error)
    }
  }

  func run(_ prepared: Daemon.Prepared) async throws {
    do throws(StartError) { try await Daemon.run(prepared) } catch { throw Failure.exit(error) }
  }
}
