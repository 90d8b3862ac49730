internal import Glibc
internal import System

/// The standard error of a command.
package enum StandardError {
  /// Writes a message of a command; the daemon's own messages go to the log.
  package static func write(_ text: String) {
    try? Array(text.utf8).span.writeAll(to: STDERR_FILENO)
  }

  /// Whether standard error is a terminal.
  package static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Whether standard error is this process's controlling terminal, which it no longer is once the terminal is closed.
  package static var isControllingTerminal: Bool { tcgetpgrp(STDERR_FILENO) >= 0 }
}
