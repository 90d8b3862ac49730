import ArgumentParser
import Client
import Configuration

struct Login: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "login",
    abstract: "Signs you in to AWS through IAM Identity Center, without the AWS CLI.",
    discussion: """
      Opens the desktop's browser, and keeps the token in ~/.aws/sso/cache, where the daemon, the AWS CLI and every SDK \
      find it. With --device you enter a code in a browser of any machine instead.
      """)

  @Option(help: ArgumentHelp("The AWS profile; AWS_PROFILE or default if none is given.", valueName: "name"))
  var profile: String?

  @Flag(help: "Show a code to enter in a browser, on this machine or another one.")
  var device = false

  func run() async throws {
    do throws(CommandError) {
      try await AWSSignIn(profile: profile, environment: ProcessEnvironment.variables)
        .signIn(usesDevice: device) { StandardError.write("fedbroker: \($0)\n") }
    } catch {
      throw Failure.exit(error)
    }
  }
}
