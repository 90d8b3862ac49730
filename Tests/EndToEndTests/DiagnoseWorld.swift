import FoundationEssentials
import Glibc
import JSON
import TestSupport
import Testing

extension DiagnoseTests {
  /// A daemon and what stands around it.
  final class World: Sendable {
    let directory = ScratchDirectory()
    let daemon: LoggedProcess
    let environment: [String: String]
    private let emulator: LoggedProcess?
    /// AWS STS, which knows the caller.
    private let sts: LoggedServer

    /// - Parameters:
    ///   - script: What the emulated Amazon Connect answers; `nil` for another endpoint.
    ///   - arguments: Of `serve`.
    ///   - prefix: A command that runs the daemon, such as `unshare`.
    init(
      script: String? = "ok", clockOffset: Int = 0, caller: LoggedServer = .caller(LoggedServer.arn),
      configuration: String = "[instances.sales]\nid = \"11111111\"\nregion = \"us-east-1\"\n",
      arguments: [String] = [], variables: [String: String] = [:], prefix: [String] = []
    ) async throws {
      sts = caller
      var arguments = arguments
      if let script {
        let (process, address) = try await Deployment.startEmulator([
          "--script", script, "--clock-offset=\(clockOffset)",
        ])
        emulator = process
        arguments += ["--endpoint-url", "http://\(address)"]
      } else {
        emulator = nil
      }
      let socket = "\(directory.path)/fedbroker/fedbroker.sock"
      let environment = Deployment.environment(directory).merging([
        "AWS_ACCESS_KEY_ID": Deployment.accessKeyID, "AWS_SECRET_ACCESS_KEY": Deployment.secretAccessKey,
        "AWS_ENDPOINT_URL_STS": sts.url, "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
        "AWS_CONFIG_FILE": "\(directory.path)/config", "FEDBROKER_LISTEN": "unix:\(socket)",
      ]) { $1 }.merging(variables) { $1 }
      self.environment = environment
      let file = directory.write("fedbroker.toml", configuration + "[upstream]\nrate = 100.0\nburst = 100\n")
      let command = prefix + [Deployment.binary, "serve", "--config", file] + arguments
      daemon = try LoggedProcess("/usr/bin/env", command, environment: environment)
      try await daemon.line(containing: " ready ")
    }

    deinit {
      daemon.signal(SIGKILL)
      emulator?.signal(SIGKILL)
    }

    func diagnose(_ arguments: String...) async throws -> Diagnosed {
      try await Diagnosed(arguments, environment: environment)
    }
  }

  /// A server of the tests' own that answers as AWS STS.
  final class LoggedServer: Sendable {
    static let arn = "arn:aws:sts::123456789012:assumed-role/agents/ana"
    private let server: LoopbackServer

    var url: String { server.url }

    init(status: String, _ body: String) {
      server = LoopbackServer { connection in
        while connection.readRequest() != nil {
          connection.respond(body, status: status, fields: "Content-Type: text/xml\r\n")
        }
      }
    }

    static func caller(_ arn: String) -> LoggedServer {
      LoggedServer(
        status: "200 OK",
        """
        <GetCallerIdentityResponse><GetCallerIdentityResult><Arn>\(arn)</Arn><UserId>AROA:ana</UserId>\
        <Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>
        """)
    }

    static func refusing(_ code: String) -> LoggedServer {
      LoggedServer(
        status: "403 Forbidden",
        "<ErrorResponse><Error><Type>Sender</Type><Code>\(code)</Code><Message>No.</Message></Error></ErrorResponse>")
    }
  }

  /// What `fedbroker diagnose --json` and the plain command say.
  struct Diagnosed {
    let status: Int32
    let findings: [JSONValue]
    let text: String

    init(_ arguments: [String], environment: [String: String]) async throws {
      let result = try await LoggedProcess.run(
        Deployment.binary, ["diagnose", "--json"] + arguments, environment: environment)
      status = result.status
      text = result.output + result.error
      findings = try JSONValue(parsing: result.output)["findings"]?.array ?? []
    }

    func steps(_ outcome: String) -> [String] {
      findings.filter { $0["outcome"]?.string == outcome }.compactMap { $0["step"]?.string }
    }

    var wrong: JSONValue? { findings.last { $0["outcome"]?.string == "wrong" } }

    /// Expects that exactly one step is wrong, the last one, and that it says what came and what to do.
    func expectWrong(
      _ step: String, _ result: String, mend: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(status == 1, "\(text)", sourceLocation: sourceLocation)
      #expect(steps("wrong") == [step], "\(text)", sourceLocation: sourceLocation)
      #expect(findings.last?["step"]?.string == step, "\(text)", sourceLocation: sourceLocation)
      #expect(wrong?["result"]?.string?.contains(result) == true, "\(text)", sourceLocation: sourceLocation)
      #expect(wrong?["mend"]?.string?.contains(mend) == true, "\(text)", sourceLocation: sourceLocation)
      #expect(!text.contains(Deployment.secretAccessKey), sourceLocation: sourceLocation)
      #expect(!text.contains(Deployment.accessKeyID), sourceLocation: sourceLocation)
    }
  }

  /// A port of 127.0.0.1 at which nothing listens.
  static func freePort() -> UInt16 {
    let server = LoopbackServer { _ in }
    defer { server.stop() }
    return server.port
  }
}
