internal import CLinux
internal import Dispatch
internal import Glibc
package import Secrets
internal import Synchronization

/// A program that is run to its end for what it prints.
///
/// Its output goes from the pipe to secret memory, with no copy elsewhere; what it writes to standard error is read and
/// dropped. A time-out ends its children too.
package enum CapturedProcess {
  package enum Failure: Error, Equatable {
    /// With the reason, in the words of errno(3).
    case notStarted(String)
    case timedOut
    case cancelled
    case tooMuchOutput
    /// `status 3` or `signal 9`.
    case failed(String)
  }

  /// Credentials are a few KiB.
  package static let maxOutput = 64 << 10

  /// Runs `command`, whose first word is a path or found by `PATH`, with exactly that environment and an empty standard
  /// input.
  ///
  /// Cancelling the task ends the program.
  package static func run(
    _ command: [String], environment: [String: String], timeout: Duration
  ) async throws(Failure) -> Secret {
    let child = try RunningChild(command, environment: environment)
    let result = await withCancellableContinuation { continuation in
      // A queue of its own, since reading blocks.
      DispatchQueue(label: "fedbroker.process").async {
        continuation.resume(returning: child.collect(timeout: timeout))
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
    do throws(SystemError) {
      let outputs = try Self.pipe()
      let errors: (reader: Int32, writer: Int32)
      do throws(SystemError) { errors = try Self.pipe() } catch {
        close(outputs.reader)
        close(outputs.writer)
        throw error
      }
      defer {
        close(outputs.writer)
        close(errors.writer)
      }
      (output, self.errors) = (outputs.reader, errors.reader)
      do throws(SystemError) {
        let pid = try SpawnedProcess.start(
          command, environment: environment, output: .descriptor(outputs.writer), errors: .descriptor(errors.writer))
        state = Mutex(State(pid: pid))
      } catch {
        close(outputs.reader)
        close(errors.reader)
        throw error
      }
    } catch {
      throw .notStarted(error.reason)
    }
  }

  deinit {
    close(output)
    close(errors)
  }

  private static func pipe() throws(SystemError) -> (reader: Int32, writer: Int32) {
    var ends: [Int32] = [-1, -1]
    try SystemError.check("pipe") { unsafe fedbroker_pipe(&ends) }
    return (ends[0], ends[1])
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
      guard unsafe poll(&polled, nfds_t(polled.count), Self.milliseconds(until: deadline)) != 0 else {
        return .timedOut
      }
      for descriptor in polled.filter({ $0.revents != 0 }).map(\.fd) {
        unsafe builder.append(capacity: 4096) { room in
          let count = unsafe Glibc.read(descriptor, room.baseAddress, room.count)
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
        guard let pid = state.pid, unsafe waitpid(pid, &status, WNOHANG) != 0 else { return nil }
        state.pid = nil
        return status
      }
      if let status { return status }
      if Self.milliseconds(until: deadline) == 0 { kill(.timedOut) }
      _ = poll(nil, 0, 2)
    }
  }

  private static func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
    let left = (deadline - ContinuousClock.now).components
    return Int32(clamping: max(0, left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000))
  }
}
