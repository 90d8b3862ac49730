internal import Glibc
internal import System

enum StandardOutput {
  /// Writes bytes as they are; a reader that went away ends it, silently.
  static func write(_ bytes: [UInt8]) {
    try? bytes.span.writeAll(to: STDOUT_FILENO)
  }
}
