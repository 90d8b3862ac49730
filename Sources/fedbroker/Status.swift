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

  @Flag(help: "Print the configuration that the daemon has in force, and where each value came from, instead.")
  var config = false

  @Option(help: ArgumentHelp("The daemon to ask.", valueName: "http://…|unix:PATH"))
  var broker: String?

  func validate() throws {
    guard !web || !json && !watch else { throw ValidationError("--web goes with neither --json nor --watch.") }
    guard !config || !web && !watch else { throw ValidationError("--config goes with neither --web nor --watch.") }
  }

  func run() throws {
    do throws(CommandError) {
      let client = try BrokerClient.forCommand(broker)
      if web {
        try DesktopBrowser(environment: ProcessEnvironment.variables).open(try client.statusPageAddress(), of: client)
        return
      }
      if config {
        let configuration = try client.configuration()
        return try StandardOutput.write(json ? configuration.json : "\(configuration)")
      }
      guard watch else { return try show(try client.status()) }
      while true {
        // The daemon may be restarting.
        let status: StatusTable?
        do throws(CommandError) { status = try client.status() } catch {
          StandardError.write("fedbroker: \(error)\n")
          status = nil
        }
        if let status { try show(status) }
        sleep(2)
      }
    } catch {
      throw Failure.exit(error)
    }
  }

  private func show(_ status: StatusTable) throws(CommandError) {
    // On a terminal each table replaces the one before.
    let start = watch && StandardOutput.isTerminal ? "\u{1B}[H\u{1B}[2J" : ""
    let isColored = StandardOutput.showsColor(ProcessEnvironment.variables)
    try StandardOutput.write(start + (json ? status.json : status.text(isColored: isColored)))
  }
}
