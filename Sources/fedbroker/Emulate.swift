import ArgumentParser
import Configuration
import Daemon

struct Emulate: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "emulate",
    abstract: "Stands in for the Amazon Connect endpoint on loopback, and checks signatures.",
    discussion: """
      Callers sign with the AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of this command's environment, or with the ones \
      that it prints at its start. The steps of a script are answered one per call; the last one repeats.
      """)

  @Option(help: ArgumentHelp("The address to listen on.", valueName: "ADDR"))
  var listen = "127.0.0.1:2777"

  @Option(help: ArgumentHelp("The answers in order, such as ok,throttle*3,ok.", valueName: "steps"))
  var script = "ok"

  @Option(help: ArgumentHelp("Lifetime of access tokens, in seconds.", valueName: "seconds"))
  var lifetime = 900.0

  @Option(help: ArgumentHelp("Delay before each answer, in seconds.", valueName: "seconds"))
  var latency = 0.0

  @Option(
    help: ArgumentHelp("How far the emulator's clock is ahead of this machine's, in seconds.", valueName: "seconds"))
  var clockOffset = 0.0

  @Option(help: ArgumentHelp("The Connect user of the tokens.", valueName: "name"))
  var userName = "emulated-agent"

  @Option(help: ArgumentHelp("A file with the body of ok, in place of a generated token.", valueName: "file"))
  var answer: String?

  func run() async throws {
    do throws(StartError) {
      try await EmulatorProcess.run(
        EmulatorProcess.Options(
          listen: listen, script: script, lifetime: lifetime, latency: latency, clockOffset: clockOffset,
          userName: userName, answer: answer),
        environment: ProcessEnvironment.take())
    } catch {
      throw Failure.exit(error)
    }
  }
}
