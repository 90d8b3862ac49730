internal import Glibc
internal import System

package enum StandardError {
  /// Writes a text as it is, for a person.
  ///
  /// What the daemon has to say goes to the log.
  package static func write(_ text: String) {
    try? Array(text.utf8).span.writeAll(to: STDERR_FILENO)
  }

  package static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Whether it is the terminal that controls this process, which is so no more once that has gone.
  package static var isControllingTerminal: Bool { tcgetpgrp(STDERR_FILENO) >= 0 }
}
