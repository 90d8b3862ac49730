internal import Glibc
internal import System

enum StandardOutput {
  /// Writes bytes; stops silently if the reader is gone.
  static func write(_ bytes: [UInt8]) {
    try? bytes.span.writeAll(to: STDOUT_FILENO)
  }
}
