internal import Glibc
package import Secrets
internal import System

/// The standard output of a command.
package enum StandardOutput {
  /// Writes text; throws exit code 74 if it cannot be written whole, as on a full disk.
  package static func write(_ text: String) throws(CommandError) {
    try write(Array(text.utf8).span)
  }

  /// Writes text; throws as `write(_: String)` does.
  package static func write(_ text: Secret) throws(CommandError) {
    try text.withBytes { (bytes) throws(CommandError) in try write(bytes) }
  }

  /// Writes text and a line feed; throws as `write` does.
  package static func print(_ text: some CustomStringConvertible) throws(CommandError) {
    try write("\(text)\n")
  }

  /// Whether standard output is a terminal.
  package static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Whether standard output is a terminal that shows colours, and the user wants them (no-color.org).
  package static func showsColor(_ environment: [String: String]) -> Bool {
    isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }

  /// Writes bytes; throws what the kernel says.
  static func writeBytes(_ bytes: [UInt8]) throws(SystemError) {
    try bytes.span.writeAll(to: STDOUT_FILENO)
  }

  private static func write(_ bytes: Span<UInt8>) throws(CommandError) {
    do { try bytes.writeAll(to: STDOUT_FILENO) } catch {
      throw CommandError("standard output cannot be written: \(error.reason)", exitCode: EX_IOERR)
    }
  }
}
