internal import Clocks
internal import Dispatch
internal import Glibc
internal import LocalHTTP
internal import System

/// The command of `fedbroker serve -- COMMAND`: an application that has the daemon beside it, and whose end ends it.
///
/// The command is the leader of a process group, which gets the signals. It finds the daemon by `FEDBROKER_BROKER`.
final class Companion: Sendable {
  private let pid: Int32
  private let end: Task<Int32, Never>
  /// Dispatch does not say that its sources are `Sendable`: they are made here and cancelled in `deinit` only.
  nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

  /// Starts the command.
  init(
    _ command: [String], environment: [String: String], daemon: [ListenAddress],
    whenEnded: @escaping @Sendable () -> Void
  ) throws(SystemError) {
    let variable = daemon.first { if case .unix = $0 { true } else { false } } ?? daemon.first
    let address = variable.map { if case .unix = $0 { "\($0)" } else { "http://\($0)" } }
    let named = address.map { ["FEDBROKER_BROKER": $0] } ?? [:]
    let pid = try SpawnedProcess.start(
      command, environment: named.merging(environment) { $1 }, input: .inherited, output: .inherited,
      errors: .inherited)
    self.pid = pid
    end = Task(executorPreference: TaskPool.shared) {
      await withCheckedContinuation { continuation in
        // A queue of its own, since waiting blocks.
        DispatchQueue(label: "fedbroker.companion").async {
          continuation.resume(returning: SpawnedProcess.exitStatus(of: pid))
          whenEnded()
        }
      }
    }
    // A serial queue, for the reason that `TaskPool` gives.
    let queue = DispatchQueue(label: "fedbroker.companion.signals")
    sources = [SIGUSR1, SIGUSR2].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { kill(-pid, number) }
      source.activate()
      return source
    }
  }

  deinit {
    for source in sources { source.cancel() }
  }

  /// Passes SIGTERM on, and returns the command's status once it has ended: after `grace` it is killed.
  func terminate(grace: Duration, clock: any MomentClock) async -> Int32 {
    kill(-pid, SIGTERM)
    let killer = Task(executorPreference: TaskPool.shared) { [pid] in
      try await clock.pause(Milliseconds(grace / .milliseconds(1)))
      kill(-pid, SIGKILL)
    }
    let status = await end.value
    killer.cancel()
    return status
  }
}
