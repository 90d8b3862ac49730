import ArgumentParser
import Client
import Configuration

struct Diagnose: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diagnose",
    abstract: "Tries the whole way from here to Amazon Connect, and says what is wrong and how to mend it.",
    discussion: """
      It stops at the first step that is wrong, and exits with 1. The daemon itself tries the steps behind it, since its \
      environment, files and network count. That fetches one token, which is not shown.
      """)

  @Argument(
    help: "The alias or id of the instance; each one that the daemon lists if none is given.", completion: .instances)
  var instance: String?

  @Option(
    help: ArgumentHelp(
      "The Connect user whose token is asked for, where the configuration allows the name.", valueName: "name"))
  var sessionName: String?

  @Flag(help: "Print the steps as JSON.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Also write the steps, versions, configuration and last log lines to this file, without secrets, for a ticket.",
      valueName: "file"),
    completion: .file())
  var bundle: String?

  @Option(help: ArgumentHelp("The daemon to ask.", valueName: "http://…|unix:PATH"))
  var broker: String?

  func run() throws {
    let environment = ProcessEnvironment.variables
    let isColored = StandardOutput.showsColor(environment)
    var diagnosis = Diagnosis(broker: broker, sessionName: sessionName, environment: environment)
    do throws(CommandError) {
      var failure: CommandError?
      diagnosis.run(instance: instance) { text in
        guard !json, failure == nil else { return }
        do throws(CommandError) { try StandardOutput.write(text.text(isColored: isColored)) } catch { failure = error }
      }
      if let failure { throw failure }
      if json { try StandardOutput.write(diagnosis.json) }
      if let bundle {
        try DiagnosisBundle(diagnosis, broker: broker, environment: environment).write(to: bundle)
        StandardError.write("fedbroker: wrote \(bundle)\n")
      }
    } catch {
      throw Failure.exit(error)
    }
    if !diagnosis.isGood { throw ExitCode(1) }
  }
}
