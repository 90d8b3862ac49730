import ArgumentParser
import Client

struct Lock: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lock",
    abstract: "Locks the daemon: no token is given or fetched until it is unlocked.",
    discussion: "Where desktop.on_lock is forget, the tokens are erased as well. A restart of the daemon unlocks.")

  @Option(help: ArgumentHelp("The daemon to ask.", valueName: "http://…|unix:PATH"))
  var broker: String?

  func run() throws {
    do throws(CommandError) { try BrokerClient.forCommand(broker).lock() } catch {
      throw Failure.exit(error)
    }
  }
}
