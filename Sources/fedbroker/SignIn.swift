import ArgumentParser
import Client
import Configuration

struct SignIn: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign-in",
    abstract: "Opens the desktop's browser signed in to Amazon Connect.",
    discussion: "The address can be opened once, within half a minute.")

  @Argument(help: "The alias or id of the instance.", completion: .instances)
  var instance: String

  @Option(help: ArgumentHelp("Where in Amazon Connect to end, such as /ccp-v2/.", valueName: "path"))
  var destination: String?

  @Option(
    help: ArgumentHelp("The Connect user to sign in, where the configuration allows the name.", valueName: "name"))
  var sessionName: String?

  @Flag(help: "Print the address instead of opening it.")
  var print = false

  @Option(help: ArgumentHelp("The daemon to ask.", valueName: "http://…|unix:PATH"))
  var broker: String?

  func run() throws {
    do throws(CommandError) {
      let client = try BrokerClient.forCommand(broker)
      let address = try client.signInAddress(instance: instance, destination: destination, sessionName: sessionName)
      if print { return try StandardOutput.print(address.text) }
      try DesktopBrowser(for: instance, environment: ProcessEnvironment.variables).open(address, of: client)
    } catch {
      throw Failure.exit(error)
    }
  }
}
