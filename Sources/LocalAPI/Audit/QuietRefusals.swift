internal import Clocks

/// Counts the refusals of each caller, so that one that is refused again and again is reported once a minute.
///
/// Pure: times are milliseconds on the boot clock. Its size is bounded, and so is what strangers can make it report.
struct QuietRefusals: Sendable {
  /// What makes two refusals the same.
  struct Key: Sendable, Hashable {
    let caller: Caller
    let transport: String
    let denial: Denial
  }

  /// Refusals to report.
  struct Report: Sendable, Equatable {
    let key: Key
    let latest: Sample
    let count: Int
  }

  /// What is told of one refusal.
  struct Sample: Sendable, Equatable {
    let requestID: String
    let code: String
    var instance: String?
    var peer: AuditRecord.Peer
  }

  private struct Window {
    var end: Milliseconds
    var latest: Sample
    var count = 0
  }

  static let windowTime: Milliseconds = 60_000
  static let capacity = 256

  private var windows: [Key: Window] = [:]

  /// When `takeDue` has something to do next; `nil` where nothing is counted.
  var nextDue: Milliseconds? { windows.values.lazy.map(\.end).min() }

  /// Counts a refusal, and returns what is to be reported now: the first of a kind, and what had to make room for it.
  mutating func note(_ key: Key, _ sample: Sample, now: Milliseconds) -> [Report] {
    if var window = windows[key] {
      window.count += 1
      window.latest = sample
      windows[key] = window
      return []
    }
    var reports: [Report] = []
    if windows.count >= Self.capacity, let oldest = windows.min(by: { $0.value.end < $1.value.end }) {
      windows[oldest.key] = nil
      reports += Self.report(oldest.key, oldest.value)
    }
    windows[key] = Window(end: now + Self.windowTime, latest: sample)
    return reports + [Report(key: key, latest: sample, count: 1)]
  }

  /// Returns the counts of the minutes that are over.
  mutating func takeDue(now: Milliseconds) -> [Report] {
    var reports: [Report] = []
    for (key, window) in windows where window.end <= now {
      reports += Self.report(key, window)
      windows[key] = window.count == 0 ? nil : Window(end: now + Self.windowTime, latest: window.latest)
    }
    return reports
  }

  /// Returns all counts, and forgets everything.
  mutating func takeAll() -> [Report] {
    defer { windows = [:] }
    return windows.flatMap { Self.report($0.key, $0.value) }
  }

  private static func report(_ key: Key, _ window: Window) -> [Report] {
    window.count == 0 ? [] : [Report(key: key, latest: window.latest, count: window.count)]
  }
}
