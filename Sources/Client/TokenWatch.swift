package import AWSOutput
internal import Clocks
internal import Configuration
internal import Glibc
internal import JMESPath
internal import JSON
internal import LocalHTTP
internal import Secrets
internal import Synchronization
internal import System

/// `fedbroker watch`: waits for each token of an instance and hands it on.
package struct TokenWatch: Sendable {
  /// What is done with each token.
  package struct Handling: Sendable {
    /// The file that is replaced.
    package var file: String?
    /// A command for `/bin/sh`, with the token on its standard input.
    package var command: String?
    /// A JMESPath expression.
    package var query: String?
    package var format: OutputFormat?

    package init() {}
  }

  private let client: BrokerClient
  private let instance: String
  private let sessionName: String?
  private let handling: Handling
  private let query: JMESPath?

  /// The longest wait that a daemon grants, and how much longer its answer may take, in seconds.
  private static let (wait, patience) = (300, 30)

  /// Throws if the query is not an expression.
  package init(
    _ client: BrokerClient, instance: String, sessionName: String?, handling: Handling
  ) throws(CommandError) {
    self.client = client
    self.instance = instance
    self.sessionName = sessionName
    self.handling = handling
    do throws(JMESPathError) {
      query = try handling.query.map { (text) throws(JMESPathError) in try JMESPath(parsing: text) }
    } catch {
      throw CommandError("--query: \(error.message)", exitCode: EX_USAGE)
    }
  }

  /// Hands on the token that there is, and ends.
  ///
  /// Throws what the command's exit status was, where that is not 0.
  package func once() throws(CommandError) {
    let response = try ask(after: nil)
    guard let status = try handOn(response), status != 0 else { return }
    throw CommandError("the command ended with status \(status)", exitCode: status)
  }

  /// Hands on the token that there is and each one after it, until SIGTERM or until standard output cannot be written.
  package func forever() throws(CommandError) {
    exitOnSignals()
    var tag: String?
    var outage = Outage()
    while true {
      let start = KernelClock.monotonic
      do throws(CommandError) {
        let response = try ask(after: tag)
        if response.status != 304 {
          if let status = try handOn(response), status != 0 {
            StandardError.write(
              "fedbroker: the command ended with status \(status); it runs again with the next token\n")
          }
          tag = response["ETag"]
          sayWhatIsAwaited()
        } else if KernelClock.monotonic - start < 1000 {
          // A daemon that ends answers at once.
          sleep(1)
        }
        outage = Outage()
      } catch {
        guard error.exitCode != EX_IOERR else { throw error }
        sleep(outage.pause(after: error.description))
      }
    }
  }

  /// Asks for another token than the one with `tag`.
  private func ask(after tag: String?) throws(CommandError) -> LocalResponse {
    let query = sessionName.map { "?session_name=\(PercentEncoding.encode($0))" } ?? ""
    let target = "/v1/instances/\(PercentEncoding.encode(instance))/token\(query)"
    let fields = tag.map { [("If-None-Match", Secret($0)), ("Prefer", Secret("wait=\(Self.wait)"))] } ?? []
    let response: LocalResponse
    do throws(BrokerClient.Unreachable) {
      response = try client.response(
        "GET", target, fields: fields.map { (name: $0.0, value: $0.1) }, timeout: Self.wait + Self.patience
      ).response
    } catch {
      throw CommandError(unreachable: error)
    }
    guard response.status == 200 || response.status == 304 && tag != nil else {
      throw client.refusal(response, of: instance)
    }
    guard response["ETag"] != nil else { throw .unexpectedAnswer }
    return response
  }

  /// Writes the file, runs the command, or else prints; returns the status of the command.
  private func handOn(_ response: LocalResponse) throws(CommandError) -> Int32? {
    guard let token = try? SecretJSON(parsing: response.body) else { throw CommandError.unexpectedAnswer }
    let text = try rendered(response.body)
    if let file = handling.file { try write(text, to: file) }
    if let command = handling.command {
      return try run(command, text, expires: token["Credentials"]?["AccessTokenExpiration"]?.string ?? "")
    }
    if handling.file == nil { try StandardOutput.write(text) }
    return nil
  }

  private func rendered(_ body: Secret) throws(CommandError) -> Secret {
    guard query != nil || handling.format != nil else {
      return Secret(capacity: body.count + 1) { text in
        text.append(body)
        text.append("\n")
      }
    }
    guard let token = body.withBytes({ bytes in try? JSONValue(parsing: bytes) }) else { throw .unexpectedAnswer }
    let value: JSONValue
    do throws(JMESPathError) { value = try query?.search(token) ?? token } catch {
      throw CommandError("--query: \(error.message)")
    }
    var output: [UInt8] = []
    do throws(OutputError) {
      try OutputRenderer(format: handling.format ?? .json, color: .off).render(value, to: &output)
    } catch {
      throw CommandError("--output: \(error.message)")
    }
    return Secret(capacity: output.count) { $0.append(contentsOf: output.span) }
  }

  private func write(_ text: Secret, to file: String) throws(CommandError) {
    do {
      try PrivateFile.createDirectories(above: file)
      // A half-written file would stay behind.
      try withSignalsBlocked { () throws(SystemError) in _ = try PrivateFile.replace(file, with: text) }
    } catch let error as SystemError {
      throw CommandError("\(file) cannot be written: \(error.reason)")
    } catch {
      throw CommandError("\(file) cannot be written: \(error)")
    }
  }

  private func run(_ command: String, _ text: Secret, expires: String) throws(CommandError) -> Int32 {
    do throws(SystemError) {
      let input = try text.withBytes { (bytes) throws(SystemError) in try MemoryFile.make(bytes) }
      defer { close(input) }
      let environment = ProcessEnvironment.variables.merging(
        ["FEDBROKER_INSTANCE": instance, "FEDBROKER_EXPIRES": expires]) { $1 }
      let pid = try SpawnedProcess.start(
        ["/bin/sh", "-c", command], environment: environment, input: .descriptor(input), output: .inherited,
        errors: .inherited)
      Self.child.store(pid, ordering: .relaxed)
      defer { Self.child.store(0, ordering: .relaxed) }
      return SpawnedProcess.exitStatus(of: pid)
    } catch {
      throw CommandError("the command cannot be started: \(error)")
    }
  }

  /// The process group of the command that runs now; 0 for none.
  private static let child = Atomic<Int32>(0)

  /// Ends with 0 on SIGTERM, and as a shell says it on SIGINT; the command that runs gets the signal as well.
  private func exitOnSignals() {
    signal(SIGTERM) { number in
      TokenWatch.pass(on: number)
      _exit(0)
    }
    InterruptHandling.handle(SIGINT) { number in
      TokenWatch.pass(on: number)
      _exit(128 + number)
    }
  }

  private static func pass(on number: Int32) {
    let pid = child.load(ordering: .relaxed)
    if pid > 0 { kill(-pid, number) }
  }

  private func sayWhatIsAwaited() {
    guard StandardError.isTerminal else { return }
    StandardError.write("fedbroker: waiting for the next token of \(instance)\n")
  }
}

/// A time without tokens: what was said of it, and how long to pause before the next attempt.
private struct Outage {
  private var said: String?
  private var attempts = 0

  /// Says a reason once, and returns a pause in seconds that grows to a minute.
  mutating func pause(after reason: String) -> UInt32 {
    if reason != said { StandardError.write("fedbroker: \(reason)\nfedbroker: trying again\n") }
    said = reason
    attempts += 1
    let longest = min(60, 1 << min(attempts, 6))
    return .random(in: UInt32(max(1, longest / 2))...UInt32(longest))
  }
}

/// Runs `body` with SIGTERM and SIGINT held back.
private func withSignalsBlocked(_ body: () throws(SystemError) -> Void) throws(SystemError) {
  var (blocked, former) = (sigset_t(), sigset_t())
  sigemptyset(&blocked)
  sigaddset(&blocked, SIGTERM)
  sigaddset(&blocked, SIGINT)
  pthread_sigmask(SIG_BLOCK, &blocked, &former)
  defer { pthread_sigmask(SIG_SETMASK, &former, nil) }
  try body()
}
