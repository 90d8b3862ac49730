internal import Glibc

package enum StandardError {
  /// Writes a text as it is, for a person.
  ///
  /// What the daemon has to say goes to the log.
  package static func write(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
      guard written > 0 || errno == EINTR else { return }
      bytes = bytes.dropFirst(max(0, written))
    }
  }

  package static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Whether it is the terminal that controls this process, which is so no more once that has gone.
  package static var isControllingTerminal: Bool { tcgetpgrp(STDERR_FILENO) >= 0 }
}
