import AWSOutput
import ArgumentParser
import Client
import Configuration

struct Watch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Waits for each new token of an instance, and writes it to a file, runs a command or prints it.",
    discussion: """
      The first token is handed on at once. It goes on through restarts of the daemon, until SIGTERM. The command runs in \
      /bin/sh after the file is written, with the token on its standard input, FEDBROKER_INSTANCE and FEDBROKER_EXPIRES; \
      if it fails, it runs again with the next token.
      """)

  @Argument(help: "The alias or id of the instance.", completion: .instances)
  var instance: String

  @Option(
    help: ArgumentHelp(
      "The Connect user whose tokens are wanted, where the configuration allows the name.", valueName: "name"))
  var sessionName: String?

  @Option(help: ArgumentHelp("A command to run for each token.", valueName: "command"))
  var exec: String?

  @Option(
    help: ArgumentHelp("A file to replace with each token; only its owner can read it.", valueName: "path"),
    completion: .file())
  var file: String?

  @Option(
    help: ArgumentHelp("A JMESPath expression that selects from the token, such as SignInUrl.", valueName: "expression")
  )
  var query: String?

  @Option(help: ArgumentHelp("The form of what is written.", valueName: "format"))
  var output: OutputFormat?

  @Flag(help: "Hand on the token that there is, and end with the command's status.")
  var once = false

  @Option(help: ArgumentHelp("The daemon to ask.", valueName: "http://…|unix:PATH"))
  var broker: String?

  func run() throws {
    do throws(CommandError) {
      var handling = TokenWatch.Handling()
      handling.file = file
      handling.command = exec
      handling.query = query
      handling.format = output
      let watch = try TokenWatch(
        try BrokerClient.forCommand(broker), instance: instance, sessionName: sessionName, handling: handling)
      if once { try watch.once() } else { try watch.forever() }
    } catch {
      throw Failure.exit(error)
    }
  }
}

extension OutputFormat: ExpressibleByArgument {}
