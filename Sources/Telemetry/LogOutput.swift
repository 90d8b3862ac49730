package import Logging
internal import Synchronization

/// How much is logged and in which form: what a reload can change.
///
/// Safe to use from any thread.
package final class LogOutput: Sendable {
  private let currentFormat: Mutex<LogFormat>
  /// The position in `levels`: each request asks for it, which must not cost a lock.
  private let currentLevel: Atomic<Int>

  private static let levels = Logger.Level.allCases

  package init(format: LogFormat, level: Logger.Level) {
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

  private static func position(of level: Logger.Level) -> Int {
    levels.firstIndex(of: level) ?? 0
  }
}
