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
    let writer = LogWriter()
    defer { writer.flush() }
    let output = LogOutput(format: .text.adaptedToTerminal(environment), level: .info)
    let logger = Logger(label: "fedbroker.emulator") { _ in
      FormattedLogHandler(output: output, writer: writer)
    }
    let keyPair = keyPair(environment)
    let emulator = ConnectEmulator(keyPair: keyPair, userName: options.userName, script: try script(options))
    let socket: ListeningSocket
    do {
      socket = try .bind(to: try address(options.listen), hopLimit: 1)
    } catch let error as ListenError {
      throw StartError(error)
    } catch let error as StartError {
      throw error
    } catch {
      throw .configuration("\(error)")
    }
    let server: Server
    do {
      server = try Server(logger: logger)
    } catch {
      throw StartError(description: "\(error)", exitCode: EX_OSERR)
    }
    let signals = Signals.events(Signals.terminating)
    server.serve(socket, handler: EmulatorHandler(emulator, logger: logger))
    logger.notice("ready", metadata: ["version": "\(Version.text)", "listen": "\(socket.boundAddress)"])
    if StandardError.isTerminal { StandardError.write(usage(socket.boundAddress, keyPair)) }
    for await _ in signals { break }
    await server.shutdown(grace: .seconds(1))
  }

  private static func script(_ options: Options) throws(StartError) -> EmulatorScript {
    guard options.lifetime.isFinite, options.latency.isFinite, options.clockOffset.isFinite,
      abs(options.lifetime) <= 1e9, 0...3600 ~= options.latency, abs(options.clockOffset) <= 1e9
    else { throw .configuration("--lifetime, --latency or --clock-offset: out of range") }
    let answer = try options.answer.map { (path) throws(StartError) in try contents(of: path) }
    do {
      return EmulatorScript(
        steps: try EmulatorScript.steps(parsing: options.script), lifetime: options.lifetime, latency: options.latency,
        clockOffset: options.clockOffset, answer: answer)
    } catch {
      throw .configuration("--script: \(error)")
    }
  }

  private static func contents(of path: String) throws(StartError) -> [UInt8] {
    do {
      guard let bytes = try ConfigurationFile.read(path) else {
        throw StartError.configuration("--answer: \(path): there is no such file")
      }
      return bytes
    } catch let error as StartError {
      throw error
    } catch {
      throw .configuration("--answer: \(error)")
    }
  }

  private static func address(_ text: String) throws(StartError) -> ListenAddress {
    do {
      let address = try ListenAddress(parsing: text)
      guard address.isLoopback else {
        throw StartError.configuration("--listen: only loopback addresses are emulated on")
      }
      return address
    } catch let error as StartError {
      throw error
    } catch {
      throw .configuration("--listen: \(error)")
    }
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
