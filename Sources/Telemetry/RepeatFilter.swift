internal import Logging

/// Decides which lines of a log are left out because the same was said often enough.
///
/// Pure. Times are milliseconds of a clock that only moves forward.
struct RepeatFilter: Sendable {
  /// What makes two lines the same: not when they were written, nor about which request.
  struct Line: Hashable, Sendable {
    let level: Logger.Level
    let message: String
    let metadata: String

    init(_ level: Logger.Level, _ message: String, _ metadata: [(name: String, value: String)]) {
      self.level = level
      self.message = message
      self.metadata = metadata.filter { !RepeatFilter.passing.contains($0.name) }
        .map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }
  }

  private struct Window {
    let end: Int
    var count = 0
  }

  /// Lines that are let through in a window.
  static let most = 5
  static let windowTime = 10_000
  /// Different lines that are counted; who makes up more of them than that is not held back.
  private static let capacity = 256
  private static let passing: Set<String> = ["request_id", "upstream_request_id", "client", "duration"]

  private var windows: [Line: Window] = [:]

  mutating func admits(_ line: Line, at now: Int) -> Bool {
    guard windows[line] != nil || windows.count < Self.capacity else { return true }
    windows[line, default: Window(end: now + Self.windowTime)].count += 1
    return windows[line].map { $0.count <= Self.most } ?? true
  }

  /// The lines whose window is over, with how many were left out of each.
  mutating func takeOmitted(at now: Int) -> [(line: Line, count: Int)] {
    guard windows.contains(where: { $0.value.end <= now }) else { return [] }
    let ended = windows.filter { $0.value.end <= now }
    for line in ended.keys { windows[line] = nil }
    return ended.filter { $0.value.count > Self.most }.map { ($0.key, $0.value.count - Self.most) }
      .sorted { $0.line.message < $1.line.message }
  }
}
