internal import Clocks
internal import Dispatch
internal import Glibc
internal import LocalHTTP
internal import Synchronization
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
    let process = StartedProcess()
    let queue = DispatchQueue(label: "fedbroker.companion.signals")
    sources = Self.watch([SIGUSR1, SIGUSR2], on: queue) { number in
      let pid = process.pid.load(ordering: .relaxed)
      if pid > 0 { kill(-pid, number) }
    }
    // On the queue of the signals: one that comes meanwhile is passed on once there is someone to get it.
    let started = queue.sync {
      Result { () throws(SystemError) in
        let pid = try SpawnedProcess.start(
          command, environment: named.merging(environment) { $1 }, input: .inherited, output: .inherited,
          errors: .inherited)
        process.pid.store(pid, ordering: .relaxed)
        return pid
      }
    }
    let pid = try started.get()
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
  }

  /// Has `pass` called on a serial queue for each of these signals, from now on.
  ///
  /// The kernel drops an ignored signal that comes before Dispatch has registered its source, and a command may send one
  /// as soon as it runs: so this waits for that.
  private static func watch(
    _ signals: [Int32], on queue: DispatchQueue, _ pass: @escaping @Sendable (Int32) -> Void
  ) -> [any DispatchSourceSignal] {
    signals.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      let isRegistered = DispatchSemaphore(value: 0)
      source.setRegistrationHandler { isRegistered.signal() }
      source.setEventHandler { pass(number) }
      source.activate()
      isRegistered.wait()
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

/// A process whose number is known once it runs; 0 before.
private final class StartedProcess: Sendable {
  let pid = Atomic<Int32>(0)
}
