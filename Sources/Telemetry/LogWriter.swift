internal import Dispatch
internal import Glibc
internal import Synchronization
internal import System

/// Writes log lines to a descriptor without ever making the caller wait.
///
/// A log that is slow, full or closed must not slow an answer: lines beyond `capacity` are dropped and counted, and the
/// count is logged when there is room again. Safe to use from any thread.
package final class LogWriter: Sendable {
  private struct State {
    /// Whether lines wait for the queue.
    var isQueued: Bool
    var pending: [UInt8] = []
    var dropped = 0
    var isDraining = false
  }

  private let descriptor: Int32
  private let capacity: Int
  private let state: Mutex<State>
  private let queue = DispatchQueue(label: "fedbroker.log")

  /// - Parameters:
  ///   - descriptor: stays the caller's; standard error if not given.
  ///   - capacity: bytes that may wait to be written.
  ///   - isQueued: `false` makes callers write themselves until `startQueue`, for a process that is to have one thread.
  package init(descriptor: Int32 = STDERR_FILENO, capacity: Int = 256 * 1024, isQueued: Bool = true) {
    self.descriptor = descriptor
    self.capacity = capacity
    state = Mutex(State(isQueued: isQueued))
  }

  /// Makes no caller wait from now on.
  package func startQueue() {
    state.withLock { $0.isQueued = true }
  }

  package func write(_ line: [UInt8]) {
    let startsDraining: Bool? = state.withLock { state in
      guard state.isQueued else { return nil }
      guard state.pending.count + line.count <= capacity else {
        state.dropped += 1
        return false
      }
      state.pending += line
      defer { state.isDraining = true }
      return !state.isDraining
    }
    switch startsDraining {
    case true?: queue.async { self.drain() }
    case false?: break
    case nil: try? line.span.writeAll(to: descriptor)
    }
  }

  /// Waits until what was written before has reached the descriptor, or cannot.
  package func flush() {
    queue.sync {}
  }

  private func drain() {
    while true {
      let bytes = state.withLock { state -> [UInt8] in
        var bytes: [UInt8] = []
        swap(&bytes, &state.pending)
        if state.dropped > 0, !bytes.isEmpty {
          bytes += "fedbroker: \(state.dropped) log lines were dropped, the log could not keep up\n".utf8
          state.dropped = 0
        }
        state.isDraining = !bytes.isEmpty
        return bytes
      }
      guard !bytes.isEmpty else { return }
      // Where the log is closed or its disk is full, there is nowhere to report that. The next line tries again.
      try? bytes.span.writeAll(to: descriptor)
    }
  }
}
