internal import AWS
internal import Client
internal import Configuration
internal import ConnectEmulator
internal import Glibc
internal import LocalHTTP
internal import Logging
internal import Secrets
internal import Telemetry

/// `fedbroker emulate`: the stand-in for Amazon Connect as a process of its own.
package enum EmulatorProcess {
  /// The options of the command.
  package struct Options: Sendable {
    var listen: String
    var script: String
    var lifetime: Double
    var latency: Double
    var clockOffset: Double
    var userName: String
    /// The path of the file with the body of `ok`.
    var answer: String?

    package init(
      listen: String, script: String, lifetime: Double, latency: Double, clockOffset: Double, userName: String,
      answer: String?
    ) {
      self.listen = listen
      self.script = script
      self.lifetime = lifetime
      self.latency = latency
      self.clockOffset = clockOffset
      self.userName = userName
      self.answer = answer
    }
  }

  /// Serves until SIGTERM or SIGINT.
  package static func run(_ options: Options, environment: [String: String]) async throws(StartError) {
    do { try await serve(options, environment) } catch { throw StartError(error) }
  }

  private static func serve(_ options: Options, _ environment: [String: String]) async throws {
    let writer = LogWriter()
    defer { writer.flush() }
    let output = LogOutput(format: .text.adaptedToTerminal(environment), level: .info)
    let logger = Logger(label: "fedbroker.emulator") { _ in
      FormattedLogHandler(output: output, writer: writer)
    }
    let keyPair = keyPair(environment)
    let emulator = ConnectEmulator(keyPair: keyPair, userName: options.userName, script: try script(options))
    let socket = try ListeningSocket.bind(to: try address(options.listen), hopLimit: 1)
    let server = try Server(logger: logger)
    let signals = Signals.events(Signals.terminating)
    if case .tcp = socket.boundAddress { emulator.showPages(at: "http://\(socket.boundAddress)") }
    server.serve(socket, handler: EmulatorPages(emulator, logger: logger))
    logger.notice("ready", metadata: ["version": "\(Version.text)", "listen": "\(socket.boundAddress)"])
    if StandardError.isTerminal { StandardError.write(usage(socket.boundAddress, keyPair)) }
    for await _ in signals { break }
    await server.shutdown(grace: .seconds(1))
  }

  private static func script(_ options: Options) throws -> EmulatorScript {
    guard options.lifetime.isFinite, options.latency.isFinite, options.clockOffset.isFinite,
      abs(options.lifetime) <= 1e9, 0...3600 ~= options.latency, abs(options.clockOffset) <= 1e9
    else { throw StartError.configuration("--lifetime, --latency or --clock-offset: out of range") }
    return EmulatorScript(
      steps: try named("--script") { try EmulatorScript.steps(parsing: options.script) }, lifetime: options.lifetime,
      latency: options.latency, clockOffset: options.clockOffset,
      answer: try options.answer.map { path in try named("--answer") { try contents(of: path) } })
  }

  private static func contents(of path: String) throws -> [UInt8] {
    guard let bytes = try ConfigurationFile.read(path) else {
      throw ConfigurationError(["\(path): there is no such file"])
    }
    return bytes
  }

  private static func address(_ text: String) throws -> ListenAddress {
    let address = try named("--listen") { try ListenAddress(parsing: text) }
    guard address.isLoopback else {
      throw StartError.configuration("--listen: the emulator listens on loopback addresses only")
    }
    return address
  }

  /// Puts the name of the option in front of an error of its value.
  private static func named<Value>(_ option: String, _ value: () throws -> Value) throws -> Value {
    do { return try value() } catch { throw StartError.configuration("\(option): \(error)") }
  }

  private static func keyPair(_ environment: [String: String]) -> ConnectEmulator.KeyPair {
    guard let id = environment["AWS_ACCESS_KEY_ID"], let secret = environment["AWS_SECRET_ACCESS_KEY"] else {
      return .emulated
    }
    return ConnectEmulator.KeyPair(accessKeyID: id, secretAccessKey: Secret(secret))
  }

  /// Shows the key pair only if it is the built-in one.
  private static func usage(_ address: ListenAddress, _ keyPair: ConnectEmulator.KeyPair) -> String {
    guard case .tcp = address, keyPair.accessKeyID == ConnectEmulator.KeyPair.emulated.accessKeyID else { return "" }
    return """
      Try it with the AWS CLI:
        export AWS_ACCESS_KEY_ID=\(keyPair.accessKeyID) AWS_SECRET_ACCESS_KEY=\(keyPair.secretAccessKey.exposed)
        aws connect get-federation-token --instance-id demo --region us-east-1 --endpoint-url http://\(address)

      """
  }
}
