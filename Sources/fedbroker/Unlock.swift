import ArgumentParser
import Client

struct Unlock: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unlock",
    abstract: "Unlocks the daemon, whatever has locked it.",
    discussion: "A desktop's session does so by itself when its screen is unlocked.")

  @Option(help: ArgumentHelp("The daemon to ask.", valueName: "http://…|unix:PATH"))
  var broker: String?

  func run() throws {
    do throws(CommandError) { try BrokerClient.forCommand(broker).unlock() } catch {
      throw Failure.exit(error)
    }
  }
}
