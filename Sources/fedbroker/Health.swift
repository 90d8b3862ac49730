import ArgumentParser
import Client
import Configuration

struct Health: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Exits 0 when the daemon is ready and 1 when not: for container health checks.")

  @Option(help: ArgumentHelp("The daemon to ask.", valueName: "http://…|unix:PATH"))
  var broker: String?

  func run() throws {
    do {
      let answer = try BrokerClient(broker, environment: ProcessEnvironment.variables).readiness()
      guard answer.isReady else {
        StandardError.write("fedbroker: \(answer.detail)\n")
        throw ExitCode(1)
      }
    } catch let error as BrokerClient.Unreachable {
      StandardError.write("fedbroker: \(error)\n")
      throw ExitCode(1)
    }
  }
}
