internal import Secrets

/// The names of other processes.
package enum ProcessName {
  /// Returns the name of a process (`/proc/PID/comm`), which it can choose itself; `nil` where it has ended, or may not
  /// be seen.
  ///
  /// The kernel answers from memory.
  package static func of(_ pid: Int32) -> String? {
    guard let comm = try? FileContents(path: "/proc/\(pid)/comm", limit: 4096, kind: .any) else { return nil }
    let text = comm.bytes.exposed
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }
}
