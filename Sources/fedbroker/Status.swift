import ArgumentParser
import Client
import Configuration
import Glibc

struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows the daemon's instances: state, expiry, last refresh and last error.")

  @Flag(help: "Print the answer of GET /v1/instances.")
  var json = false

  @Flag(help: "Repeat the table every two seconds.")
  var watch = false

  @Flag(help: "Open the status page in the desktop's browser instead.")
  var web = false

  @Option(help: ArgumentHelp("The daemon to ask.", valueName: "http://…|unix:PATH"))
  var broker: String?

  func validate() throws {
    guard !web || !json && !watch else { throw ValidationError("--web goes with neither --json nor --watch.") }
  }

  func run() throws {
    do throws(CommandError) {
      let client = try BrokerClient.forCommand(broker)
      if web {
        try DesktopBrowser(environment: ProcessEnvironment.variables).open(try client.statusPageAddress(), of: client)
        return
      }
      guard watch else { return show(try client.status()) }
      while true {
        // The daemon may be restarting.
        do throws(CommandError) { show(try client.status()) } catch { StandardError.write("fedbroker: \(error)\n") }
        sleep(2)
      }
    } catch {
      throw Failure.exit(error)
    }
  }

  private func show(_ status: StatusTable) {
    // On a terminal each table replaces the one before.
    if watch, isatty(STDOUT_FILENO) == 1 { print("\u{1B}[H\u{1B}[2J", terminator: "") }
    print(json ? status.json : "\(status)", terminator: "")
    fflush(nil)
  }
}
