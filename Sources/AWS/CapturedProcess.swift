internal import CLinux
internal import Dispatch
internal import Glibc
internal import Secrets
internal import Synchronization

/// A program that is run to its end for what it prints.
///
/// Its output goes from the pipe to secret memory, with no copy elsewhere; what it writes to standard error is read and
/// dropped. It leads a process group, so that a time-out ends its children too.
enum CapturedProcess {
  enum Failure: Error, Equatable {
    /// With the reason, in the words of errno(3).
    case notStarted(String)
    case timedOut
    case cancelled
    case tooMuchOutput
    /// `status 3` or `signal 9`.
    case failed(String)
  }

  /// Credentials are a few KiB.
  static let maxOutput = 64 << 10

  /// Runs `command`, whose first word is a path or found by `PATH`, with exactly that environment and an empty standard
  /// input.
  ///
  /// Cancelling the task ends the program.
  static func run(
    _ command: [String], environment: [String: String], timeout: Duration
  ) async throws(Failure) -> Secret {
    let child = try RunningChild(command, environment: environment)
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // A queue of its own, since reading blocks.
        DispatchQueue(label: "fedbroker.process").async {
          continuation.resume(returning: child.collect(timeout: timeout))
        }
      }
    } onCancel: {
      child.kill(.cancelled)
    }
    return try result.get()
  }
}

/// The program while it runs: its group, and the reading ends of its pipes.
///
/// `collect` is called once, on one thread; `kill` on any.
private final class RunningChild: Sendable {
  private typealias Failure = CapturedProcess.Failure

  private struct State: Sendable {
    /// `nil` once it was waited for, when the number may be another process's.
    var pid: pid_t?
    /// Why it was killed.
    var verdict: CapturedProcess.Failure?
  }

  private let output: Int32
  private let errors: Int32
  private let state: Mutex<State>

  init(_ command: [String], environment: [String: String]) throws(CapturedProcess.Failure) {
    var outputs: [Int32] = [-1, -1]
    var errors: [Int32] = [-1, -1]
    guard fedbroker_pipe(&outputs) == 0 else { throw .notStarted(String(cString: strerror(errno))) }
    guard fedbroker_pipe(&errors) == 0 else {
      let reason = String(cString: strerror(errno))
      for end in outputs { close(end) }
      throw .notStarted(reason)
    }
    var pid = pid_t()
    let status = Self.spawn(&pid, command, environment, output: outputs[1], errors: errors[1])
    close(outputs[1])
    close(errors[1])
    output = outputs[0]
    self.errors = errors[0]
    state = Mutex(State(pid: status == 0 ? pid : nil))
    guard status == 0 else { throw .notStarted(String(cString: strerror(status))) }
  }

  deinit {
    close(output)
    close(errors)
  }

  private static func spawn(
    _ pid: inout pid_t, _ command: [String], _ environment: [String: String], output: Int32, errors: Int32
  ) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)
    // libcurl's are not close-on-exec, and a connection to AWS is not for others.
    fedbroker_close_from(&actions, 3)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // What the daemon blocks or ignores is not for its children to inherit.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    let arguments = command.map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in arguments + variables { free(text) } }
    return posix_spawnp(&pid, command[0], &actions, &attributes, arguments, variables)
  }

  /// Ends the program and its children; the first reason given stays.
  func kill(_ verdict: CapturedProcess.Failure) {
    state.withLock { state in
      guard let pid = state.pid else { return }
      state.verdict = state.verdict ?? verdict
      Glibc.kill(-pid, SIGKILL)
    }
  }

  /// Returns what the program printed, once it has ended.
  func collect(timeout: Duration) -> Result<Secret, CapturedProcess.Failure> {
    let deadline = ContinuousClock.now + timeout
    var builder = SecretBuilder(capacity: 4096)
    if let verdict = read(into: &builder, until: deadline) { kill(verdict) }
    let status = waitForEnd(until: deadline)
    if let verdict = state.withLock({ $0.verdict }) { return .failure(verdict) }
    guard status == 0 else {
      let signal = status & 0x7F
      return .failure(.failed(signal == 0 ? "status \(status >> 8 & 0xFF)" : "signal \(signal)"))
    }
    return .success(Secret(builder))
  }

  /// Reads both pipes to their end, because a program that has filled one waits until it is read.
  private func read(
    into builder: inout SecretBuilder, until deadline: ContinuousClock.Instant
  ) -> CapturedProcess.Failure? {
    var open = [output, errors]
    while !open.isEmpty {
      var polled = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard poll(&polled, nfds_t(polled.count), Self.milliseconds(until: deadline)) != 0 else { return .timedOut }
      for descriptor in polled.filter({ $0.revents != 0 }).map(\.fd) {
        builder.append(capacity: 4096) { room in
          let count = Glibc.read(descriptor, room.baseAddress, room.count)
          if count == 0 || count < 0 && errno != EINTR { open.removeAll { $0 == descriptor } }
          return descriptor == output ? max(0, count) : 0
        }
      }
      guard builder.count <= CapturedProcess.maxOutput else { return .tooMuchOutput }
    }
    return nil
  }

  /// Waits for a program that may have closed its output long before its end, and returns its status.
  private func waitForEnd(until deadline: ContinuousClock.Instant) -> Int32 {
    while true {
      let status = state.withLock { state -> Int32? in
        var status: Int32 = 0
        guard let pid = state.pid, waitpid(pid, &status, WNOHANG) != 0 else { return nil }
        state.pid = nil
        return status
      }
      if let status { return status }
      if Self.milliseconds(until: deadline) == 0 { kill(.timedOut) }
      poll(nil, 0, 2)
    }
  }

  private static func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
    let left = (deadline - ContinuousClock.now).components
    return Int32(clamping: max(0, left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000))
  }
}
