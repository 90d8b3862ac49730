import ArgumentParser
import Client
import Configuration
import Glibc
import System

@main
struct Fedbroker: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fedbroker",
    abstract: "Serves cached Amazon Connect federation tokens to the programs of this machine.",
    version: "fedbroker \(Version.text)",
    subcommands: [
      Serve.self, GetFederationToken.self, SignIn.self, Status.self, Watch.self, Env.self, Exec.self, CheckConfig.self,
      Login.self, Logout.self, Lock.self, Unlock.self, Diagnose.self,
      Emulate.self, Health.self, Fleet.self,
    ])

  /// Runs a command on this thread, or on those of the `TaskPool` if it does several things at a time.
  ///
  /// ArgumentParser's own `main` would start the threads of Swift's executor for each command.
  static func main() async {
    // First, since credentials may be in the environment.
    ProcessHardening.forbidReading()
    // Dispatch writes a line to syslog for each thread that gets no raised priority, which only a privileged process gets.
    setenv("LIBDISPATCH_LOG", "NO", 0)
    // A parent may have blocked signals that a command handles.
    var none = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, nil)
    do {
      if let command = GetFederationToken(commandLine: CommandLine.arguments) { return try await command.run() }
      try refuseUnknownCommand(CommandLine.arguments.dropFirst().first)
      switch try parseAsRoot() {
      case let serve as Serve:
        // While the process has one thread.
        let prepared = try serve.prepare()
        try await withTaskExecutorPreference(TaskPool.shared) { try await serve.run(prepared) }
      case let command as any WaitingCommand:
        try await withTaskExecutorPreference(TaskPool.shared) {
          var command = command
          try await command.run()
        }
      case var command: try command.run()
      }
    } catch {
      guard exitCode(for: error).isSuccess else { exit(withError: error) }
      printWhole(fullMessage(for: error))
    }
  }

  /// Prints help, the version or a completion script; ends with exit code 74 where that is impossible.
  private static func printWhole(_ message: String) {
    guard !message.isEmpty else { return }
    do throws(CommandError) { try StandardOutput.print(message) } catch { exit(withError: Failure.exit(error)) }
  }

  /// Throws for a misspelt command: ArgumentParser takes it for an argument too many.
  private static func refuseUnknownCommand(_ name: String?) throws {
    let names = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
    guard let name, !name.hasPrefix("-"), !name.isEmpty, !names.contains(name) else { return }
    let meant = Suggestion.closest(to: name, among: names).map { " Did you mean '\($0)'?" } ?? ""
    throw ValidationError("Unknown command '\(name)'.\(meant)")
  }
}

extension CompletionKind {
  /// The instances that the daemon serves, where one answers.
  static var instances: CompletionKind {
    .custom { _, _, _ in (try? BrokerClient.forCommand(nil).status().names) ?? [] }
  }
}

/// A command that does several things at a time.
protocol WaitingCommand: AsyncParsableCommand, Sendable {}
