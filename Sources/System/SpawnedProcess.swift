internal import CLinux
internal import Glibc

/// Starts other programs: the one place that calls posix_spawn(3).
package enum SpawnedProcess {
  /// What a program has as one of its standard streams.
  package enum Stream: Sendable {
    /// `/dev/null`.
    case nothing
    /// The stream of this process.
    case inherited
    /// This descriptor, which stays the caller's.
    case descriptor(Int32)
  }

  /// Starts `command`, whose first word is a path or is found by `PATH`, and returns its process id.
  ///
  /// The program leads a process group of its own, so that it and its children can be ended together. It gets no
  /// descriptor but its streams, since libcurl's are not close-on-exec, and has no signal blocked or ignored.
  ///
  /// - Parameter environment: The program's; `nil` for that of this process. Either way without `ownVariables`.
  package static func start(
    _ command: [String], environment: [String: String]? = nil, input: Stream = .nothing, output: Stream,
    errors: Stream
  ) throws(SystemError) -> Int32 {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe _ = posix_spawn_file_actions_destroy(&actions) }
    for (number, stream) in zip(Int32(0)..., [input, output, errors]) {
      switch stream {
      case .nothing: unsafe posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
      case .descriptor(let descriptor): unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, number)
      case .inherited: break
      }
    }
    unsafe _ = fedbroker_close_from(&actions, 3)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe _ = posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    unsafe sigfillset(&signals)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    let variables = (environment?.map { "\($0.key)=\($0.value)" } ?? inherited).filter { variable in
      !ownVariables.contains { variable.hasPrefix("\($0)=") }
    }
    var pid = pid_t()
    let status = unsafe withTexts(command) { arguments in
      unsafe withTexts(variables) { unsafe posix_spawnp(&pid, command[0], &actions, &attributes, arguments, $0) }
    }
    guard status == 0 else { throw SystemError(call: "posix_spawn", code: status) }
    return pid
  }

  /// What a service manager tells this process alone (sd_listen_fds(3), sd_notify(3), sd_watchdog_enabled(3)).
  ///
  /// A child that took them for its own would listen on sockets that it does not have, or speak for this process.
  package static let ownVariables = [
    "LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC",
  ]

  /// The environment of this process, of `name=value`.
  private static var inherited: [String] {
    var variables: [String] = []
    var next = unsafe fedbroker_environment()
    while let variable = unsafe next?.pointee {
      variables.append(unsafe String(cString: variable))
      unsafe next = unsafe next?.successor()
    }
    return variables
  }

  /// Waits for the end of a program, and returns its status as shells do: 128 and the number of the signal that ended it.
  package static func exitStatus(of pid: Int32) -> Int32 {
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
  }

  /// Lends `texts` to C, as an array that ends with a null pointer.
  private static func withTexts(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32
  ) -> Int32 {
    let copies = unsafe texts.map { unsafe strdup($0) } + [nil]
    defer { unsafe copies.forEach { unsafe free($0) } }
    return unsafe body(copies)
  }
}
