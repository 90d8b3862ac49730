import ArgumentParser
import Configuration
import Daemon

struct Serve: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Runs the daemon in the foreground.",
    discussion: """
      With -- COMMAND it runs that command beside it, passes SIGTERM, SIGINT (as SIGTERM), SIGUSR1 and SIGUSR2 on to it, \
      and ends with it and with its status. The command finds the daemon by FEDBROKER_BROKER.
      """)

  @OptionGroup var options: ServeOptions

  @Argument(parsing: .postTerminator, help: "A command to run beside the daemon, and its arguments.")
  var command: [String] = []

  func run() async throws {
    try await run(try prepare())
  }

  /// Does the part of the start for which the process must have one thread.
  func prepare() throws -> Daemon.Prepared {
    do throws(StartError) {
      return try Daemon.prepare(
        flags: options.overrides, environment: ProcessEnvironment.take(), command: command)
    } catch {
      throw Failure.exit(error)
    }
  }

  func run(_ prepared: Daemon.Prepared) async throws {
    do throws(StartError) { try await Daemon.run(prepared) } catch { throw Failure.exit(error) }
  }
}
