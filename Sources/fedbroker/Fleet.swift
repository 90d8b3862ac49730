import ArgumentParser
import Client
import Configuration
import FederationBroker

struct Fleet: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fleet",
    abstract: "Tools for many daemons that share one account's quota.",
    subcommands: [Plan.self])

  struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "plan",
      abstract: "Tells which quota of GetFederationToken a number of users needs.",
      discussion: "Asks nobody: it computes from Amazon Connect's published quota and from how tokens are refreshed.")

    @Option(help: ArgumentHelp("How many users get tokens.", valueName: "count"))
    var users: Int

    @Option(
      help: ArgumentHelp("The lifetime of access tokens, such as 15m.", valueName: "duration"),
      transform: PlannedTime.init)
    var lifetime: PlannedTime

    @Option(
      name: .customLong("in"),
      help: ArgumentHelp("In which time all shall have their first token, such as 10m.", valueName: "duration"),
      transform: PlannedTime.init)
    var startTime: PlannedTime

    func validate() throws {
      guard 1...10_000_000 ~= users else { throw ValidationError("--users: 1 to 10000000 is expected") }
    }

    func run() throws {
      let plan = FleetPlan(users: users, lifetime: lifetime.duration, startTime: startTime.duration)
      do throws(CommandError) { try StandardOutput.print(plan) } catch { throw Failure.exit(error) }
    }
  }
}

/// A duration of 1 s to 7 days.
struct PlannedTime: Sendable {
  let duration: Duration

  init(_ text: String) throws {
    guard let duration = Duration(text: text), .seconds(1) ... .seconds(7 * 86_400) ~= duration else {
      throw ValidationError("a duration such as 90s, 15m or 12h is expected, 1s to 168h")
    }
    self.duration = duration
  }
}
