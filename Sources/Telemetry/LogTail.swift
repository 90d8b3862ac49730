internal import Synchronization

/// The last lines of the log, for who diagnoses a daemon whose standard error they do not have.
///
/// Safe to use from any thread.
package final class LogTail: Sendable {
  /// The number of lines that are kept, and the bytes that are kept of each.
  package static let (capacity, lineBytes) = (200, 1024)

  private struct State {
    var lines: [[UInt8]] = []
    /// Where the oldest line stands once there are `capacity`.
    var start = 0
  }

  private let state = Mutex(State())

  package init() {}

  /// Keeps a line, with its line feed; the oldest makes room.
  func append(_ line: [UInt8]) {
    let kept = line.count > Self.lineBytes ? Array(line.prefix(Self.lineBytes - 1)) + [UInt8(ascii: "\n")] : line
    state.withLock { state in
      guard state.lines.count == Self.capacity else { return state.lines.append(kept) }
      state.lines[state.start] = kept
      state.start = (state.start + 1) % Self.capacity
    }
  }

  /// The lines, oldest first.
  package var text: String {
    let bytes = state.withLock { state in
      Array(state.lines[state.start...].joined()) + Array(state.lines[..<state.start].joined())
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
