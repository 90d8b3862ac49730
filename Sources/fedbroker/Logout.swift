import ArgumentParser
import Client
import Configuration

struct Logout: WaitingCommand {
  static let configuration = CommandConfiguration(
    commandName: "logout",
    abstract: "Signs you out of IAM Identity Center, in all of the AWS CLI's caches.",
    discussion: "The daemon erases the tokens that it got with the sign-in.")

  func run() async throws {
    do throws(CommandError) {
      let outcome = try await AWSSignIn(profile: nil, environment: ProcessEnvironment.variables).signOut()
      StandardError.write("fedbroker: \(outcome)\n")
    } catch {
      throw Failure.exit(error)
    }
  }
}
