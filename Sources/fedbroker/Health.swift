import ArgumentParser
import Client
import Configuration

struct Health: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Exits 0 when the daemon is ready and 1 when not: for container health checks.",
    discussion: "With --wait it waits for that, so that an application starts once its token is there.")

  @Option(
    help: ArgumentHelp("How long to wait until the daemon is ready, such as 30s.", valueName: "duration"),
    transform: WaitingTime.init)
  var wait = WaitingTime.none

  @Option(
    help: ArgumentHelp(
      "Ask for a live token of this instance instead, which is fetched if need be.", valueName: "instance"),
    completion: .instances)
  var instance: String?

  @Option(help: ArgumentHelp("The daemon to ask.", valueName: "http://…|unix:PATH"))
  var broker: String?

  func run() throws {
    let check = HealthCheck(broker: broker, instance: instance)
    guard let reason = check.run(for: wait.duration) else { return }
    StandardError.write("fedbroker: \(reason)\n")
    throw ExitCode(1)
  }
}

/// The value of `--wait`.
struct WaitingTime: CustomStringConvertible, Sendable {
  let duration: Duration

  static let none = WaitingTime(duration: .zero)

  var description: String { "0s" }

  private init(duration: Duration) { self.duration = duration }

  init(_ text: String) throws {
    guard let duration = Duration(text: text), duration <= .seconds(86_400) else {
      throw ValidationError("a duration such as 500ms, 30s or 5m is expected, at most 24h")
    }
    self.duration = duration
  }
}
