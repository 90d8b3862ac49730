internal import Glibc
internal import System

/// Replaces this process by another program.
package enum ReplacedProcess {
  /// Runs a command, looked for in `PATH`, with `changes` made to this process's environment (`nil` unsets a variable), and
  /// without what a service manager told fedbroker alone.
  ///
  /// Returns only if that fails, with the code of `errno`.
  package static func execute(_ command: [String], changes: [(name: String, value: String?)]) -> Int32 {
    for name in SpawnedProcess.ownVariables { unsetenv(name) }
    for (name, value) in changes {
      if let value { setenv(name, value, 1) } else { unsetenv(name) }
    }
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
    arguments.append(nil)
    defer { arguments.forEach { free($0) } }
    guard let program = arguments[0] else { return EINVAL }
    execvp(program, &arguments)
    return errno
  }

  /// Returns the reason behind a code of `errno`.
  package static func reason(_ code: Int32) -> String { SystemError(call: "execvp", code: code).reason }
}
