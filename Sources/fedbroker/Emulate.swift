import ArgumentParser
import Configuration
import Daemon

struct Emulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stands in for the Amazon Connect endpoint on loopback, and checks signatures.",
    discussion: """
      Callers sign with the AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of this command's environment, or with the ones \
      that it prints at its start. The steps of a script are answered one a call, the last one for good.
      """)

  @Option(help: ArgumentHelp("Where to listen.", valueName: "ADDR"))
  var listen = "127.0.0.1:2777"

  @Option(help: ArgumentHelp("What is answered, such as ok,throttle*3,ok.", valueName: "steps"))
  var script = "ok"

  @Option(help: ArgumentHelp("Of access tokens.", valueName: "seconds"))
  var lifetime = 900.0

  @Option(help: ArgumentHelp("Before each answer.", valueName: "seconds"))
  var latency = 0.0

  @Option(help: ArgumentHelp("How far the emulator's clock is ahead of this machine's.", valueName: "seconds"))
  var clockOffset = 0.0

  @Option(help: ArgumentHelp("The Connect user whose tokens these are.", valueName: "name"))
  var userName = "emulated-agent"

  @Option(help: ArgumentHelp("The body of what ok answers, in place of a made-up token.", valueName: "file"))
  var answer: String?

  func run() async throws {
    do throws(StartError) {
      try await EmulatorProcess.run(
        EmulatorProcess.Options(
          listen: listen, script: script, lifetime: lifetime, latency: latency, clockOffset: clockOffset,
          userName: userName, answer: answer),
        environment: ProcessEnvironment.variables)
    } catch {
      throw Failure.exit(error)
    }
  }
}
