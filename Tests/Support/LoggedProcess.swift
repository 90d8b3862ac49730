internal import CLinux
internal import Dispatch
internal import Glibc
internal import Synchronization

/// A program that runs beside the tests: what it prints is collected, and can be waited for.
package final class LoggedProcess: Sendable {
  private struct State {
    var standardOutput: [UInt8] = []
    var standardError: [UInt8] = []
    var exitStatus: Int32?
    /// How many of the two streams and the process itself have ended.
    var ended = 0
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  package struct SpawnFailed: Error {
    package let message: String
  }

  package struct EndedTooEarly: Error, CustomStringConvertible {
    package let awaited: String
    package let printed: String

    package var description: String { "the process ended before it printed \"\(awaited)\"; it printed:\n\(printed)" }
  }

  /// The process id.
  package let identifier: Int32
  private let state = Mutex(State())

  /// Starts `executable` with exactly that environment.
  ///
  /// `sockets` are its descriptors 3 and up.
  package init(
    _ executable: String, _ arguments: [String], environment: [String: String] = [:], sockets: [ActivationSocket] = []
  ) throws {
    var outputs: [Int32] = [0, 0]
    var errors: [Int32] = [0, 0]
    // Not pipes, which Swift cannot make close-on-exec at once: a child started meanwhile would keep them open.
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &outputs) == 0, socketpair(AF_UNIX, type, 0, &errors) == 0 else {
      throw SpawnFailed(message: String(cString: strerror(errno)))
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, outputs[1], 1)
    posix_spawn_file_actions_adddup2(&actions, errors[1], 2)
    for (index, socket) in sockets.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, socket.descriptor, 3 + Int32(index))
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The tests ignore SIGPIPE, which a program must not inherit from them.
    var defaults = sigset_t()
    sigemptyset(&defaults)
    sigaddset(&defaults, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))

    let argv = ([executable] + arguments).map { strdup($0) } + [nil]
    let envp = environment.merging(Self.sandboxing) { $1 }.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (argv + envp).forEach { free($0) } }
    var identifier = pid_t()
    let failure = posix_spawnp(&identifier, executable, &actions, &attributes, argv, envp)
    close(outputs[1])
    close(errors[1])
    guard failure == 0 else {
      close(outputs[0])
      close(errors[0])
      throw SpawnFailed(message: "\(executable): \(String(cString: strerror(failure)))")
    }
    self.identifier = identifier
    collect(outputs[0]) { $0.standardOutput += $1 }
    collect(errors[0], isLog: true) { $0.standardError += $1 }
    Self.detach { self.reap() }
  }

  /// Whether daemons have their sandbox, where `Tests/sanitize` says so: reports of a sanitizer lie outside.
  private static let sandboxing: [String: String] =
    getenv("FEDBROKER_SANDBOX").map { ["FEDBROKER_SANDBOX": String(cString: $0)] } ?? [:]

  /// A thread of its own: a blocking read on a Dispatch queue would take one of its few threads from the tests.
  private static func detach(_ body: @escaping @Sendable () -> Void) {
    let argument = Unmanaged.passRetained(Box(body)).toOpaque()
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, argument)
    pthread_detach(thread)
  }

  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private func collect(
    _ descriptor: Int32, isLog: Bool = false, _ append: @escaping @Sendable (inout State, ArraySlice<UInt8>) -> Void
  ) {
    Self.detach {
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { break }
        self.change { append(&$0, buffer[..<count]) }
      }
      close(descriptor)
      self.change { $0.ended += 1 }
      if isLog { self.keepLog() }
    }
  }

  /// Leaves what was logged where `make test` looks for secrets in it when all tests are over.
  private func keepLog() {
    guard let directory = getenv("FEDBROKER_TEST_LOGS") else { return }
    let text = state.withLock(\.standardError)
    let path = "\(String(cString: directory))/\(identifier).log"
    let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard file >= 0 else { return }
    _ = write(file, text, text.count)
    close(file)
  }

  private func reap() {
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
    let exitStatus = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    change { state in
      state.exitStatus = exitStatus
      state.ended += 1
    }
  }

  private func change(_ body: (inout State) -> Void) {
    let waiters = state.withLock { state in
      body(&state)
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Looks again each time something was printed or ended, until `body` gives a value.
  private func wait<Value: Sendable>(until body: @Sendable (borrowing State) -> Value?) async -> Value {
    while true {
      if let value = state.withLock({ body($0) }) { return value }
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          if body(state) != nil { return true }
          state.waiters.append(continuation)
          return false
        }
        if isReady { continuation.resume() }
      }
    }
  }

  package var standardOutput: String { state.withLock { String(decoding: $0.standardOutput, as: UTF8.self) } }
  package var standardError: String { state.withLock { String(decoding: $0.standardError, as: UTF8.self) } }

  /// Waits for the `count`th line on standard error that contains `text`, and returns it.
  @discardableResult
  package func line(containing text: String, count: Int = 1) async throws -> String {
    let found: String? = await wait { state in
      let lines = String(decoding: state.standardError, as: UTF8.self).split(whereSeparator: \.isNewline)
        .filter { $0.contains(text) }
      if lines.count >= count { return .some(String(lines[count - 1])) }
      return state.ended == 3 ? .some(nil) : nil
    }
    guard let found else { throw EndedTooEarly(awaited: text, printed: standardError) }
    return found
  }

  package func signal(_ number: Int32) {
    kill(identifier, number)
  }

  /// Waits for the end, and returns the exit status, or 128 and the signal's number.
  @discardableResult
  package func exitStatus() async -> Int32 {
    await wait { $0.ended == 3 ? $0.exitStatus : nil }
  }

  /// Runs a program to its end.
  package static func run(
    _ executable: String, _ arguments: [String], environment: [String: String] = [:]
  ) async throws -> (status: Int32, output: String, error: String) {
    let process = try LoggedProcess(executable, arguments, environment: environment)
    let status = await process.exitStatus()
    return (status, process.standardOutput, process.standardError)
  }
}
