internal import CLinux
internal import Glibc

/// A program that a test runs beside itself.
///
/// Ended when the value goes.
package final class ChildProcess: Sendable {
  package let pid: Int32
  /// The reading end of its standard output.
  private let output: Int32

  /// Starts the program, found by `PATH`, with its standard error joined to this process's.
  package init(_ command: [String]) {
    (pid, output) = Self.start(command)
  }

  private static func start(_ command: [String]) -> (pid: Int32, output: Int32) {
    var ends: [Int32] = [-1, -1]
    // Not a pipe, which Swift cannot make close-on-exec at once: a child started meanwhile would keep it open.
    precondition(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // Dispatch's threads block all signals, and a child would inherit that: SIGTERM would not end it.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    var pid: pid_t = 0
    var environment: [UnsafeMutablePointer<CChar>?] = []
    for name: String in ["PATH", "HOME"] {
      if let value = getenv(name) { environment.append(strdup("\(name)=\(String(cString: value))")) }
    }
    environment.append(nil)
    defer { for variable in environment { free(variable) } }
    let failure = posix_spawnp(&pid, command[0], &actions, &attributes, &arguments, &environment)
    precondition(failure == 0, "\(command[0]): \(String(cString: strerror(failure)))")
    close(ends[1])
    return (pid, ends[0])
  }

  deinit {
    kill(pid, SIGTERM)
    waitpid(pid, nil, 0)
    close(output)
  }

  /// Runs the program to its end.
  package static func run(_ command: [String]) -> (status: Int32, output: String) {
    let child = ChildProcess(command)
    let output = child.readToEnd()
    var status: Int32 = 0
    var information = siginfo_t()
    // Left to be reaped by `deinit`.
    waitid(P_PID, id_t(child.pid), &information, WEXITED | WNOWAIT)
    status = information._sifields._sigchld.si_status
    return (status, output)
  }

  /// The next line of its output; `nil` at the end.
  package func readLine() -> String? {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while read(output, &byte, 1) == 1 {
      if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  package func readToEnd() -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = read(output, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }
}
