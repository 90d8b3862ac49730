internal import Clocks
package import Logging
internal import Synchronization

/// How much is logged and in which form: what a reload can change.
///
/// Safe to use from any thread.
package final class LogOutput: Sendable {
  private let currentFormat: Mutex<LogFormat>
  /// The position in `levels`: each request asks for it, which must not cost a lock.
  private let currentLevel: Atomic<Int>
  private let repeats = Mutex(RepeatFilter())
  private let now: @Sendable () -> Int

  private static let levels = Logger.Level.allCases

  /// `now` gives milliseconds of a clock that only moves forward.
  package init(
    format: LogFormat, level: Logger.Level,
    now: @escaping @Sendable () -> Int = { KernelClock.monotonicNanoseconds / 1_000_000 }
  ) {
    self.now = now
    currentFormat = Mutex(format)
    currentLevel = Atomic(Self.position(of: level))
  }

  /// For the lines to come.
  package func set(format: LogFormat, level: Logger.Level) {
    currentFormat.withLock { $0 = format }
    currentLevel.store(Self.position(of: level), ordering: .relaxed)
  }

  package var format: LogFormat { currentFormat.withLock { $0 } }
  package var level: Logger.Level { Self.levels[currentLevel.load(ordering: .relaxed)] }

  /// Whether a line is written, and what is to be said before it of those that were not.
  ///
  /// Below info everything is written: who wants to see that much wants to see all.
  func admits(_ line: RepeatFilter.Line) -> (isAdmitted: Bool, omitted: [(line: RepeatFilter.Line, count: Int)]) {
    let now = now()
    return repeats.withLock { repeats in
      let omitted = repeats.takeOmitted(at: now)
      return (line.level < .info || repeats.admits(line, at: now), omitted)
    }
  }

  private static func position(of level: Logger.Level) -> Int {
    levels.firstIndex(of: level) ?? 0
  }
}
