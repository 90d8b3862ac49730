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
      Serve.self, GetFederationToken.self, SignIn.self, Status.self, Env.self, Exec.self, CheckConfig.self, Login.self,
      Logout.self,
      Emulate.self, Health.self,
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
      exit(withError: error)
    }
  }
}

/// A command that does several things at a time.
protocol WaitingCommand: AsyncParsableCommand, Sendable {}
