import FoundationEssentials
import Glibc
import JSON
import Outbound
import Secrets
import TestSupport
import Testing

/// The real binary, beside an emulator that is a process of its own, in a directory of its own.
final class Deployment: Sendable {
  static let accessKeyID = "AKIDCANARY0000000001"
  static let secretAccessKey = "canary-secret-access-key"

  let directory = ScratchDirectory()
  let emulator: LoggedProcess
  let daemon: LoggedProcess
  let emulatorAddress: String
  /// Host and port.
  let address: String
  let token: Secret
  private let client = CurlTransport()

  /// Starts both and returns when both are ready.
  init(emulator emulatorArguments: [String] = [], serve serveArguments: [String] = [], configuration: String = "")
    async throws
  {
    (emulator, emulatorAddress) = try await Self.startEmulator(emulatorArguments)
    let file = directory.write("fedbroker.toml", configuration)
    daemon = try LoggedProcess(
      Self.binary,
      ["serve", "--config", file, "--listen", "127.0.0.1:0", "--endpoint-url", "http://\(emulatorAddress)"]
        + serveArguments,
      environment: Self.environment(directory).merging([
        "AWS_ACCESS_KEY_ID": Self.accessKeyID, "AWS_SECRET_ACCESS_KEY": Self.secretAccessKey,
        "AWS_REGION": "us-east-1",
      ]) { $1 })
    address =
      try Self.value("listen", in: try await daemon.line(containing: " ready ")).split(separator: ",")
      .first.map(String.init) ?? ""
    token = Secret(try String(contentsOfFile: "\(directory.path)/fedbroker/token", encoding: .utf8))
  }

  /// The executable that this package's build made, beside the test runner.
  static let binary: String = {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    return path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/fedbroker"
  }()

  /// Where this package's source lies.
  static let sourceRoot =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")

  /// What a program needs to know of a user whose home and session lie in `directory`.
  static func environment(_ directory: ScratchDirectory) -> [String: String] {
    ["PATH": "/usr/bin:/bin", "HOME": directory.path, "XDG_RUNTIME_DIR": directory.path]
  }

  static func startEmulator(
    _ arguments: [String], listen: String = "127.0.0.1:0"
  ) async throws -> (process: LoggedProcess, address: String) {
    let process = try LoggedProcess(
      binary, ["emulate", "--listen", listen] + arguments,
      environment: ["AWS_ACCESS_KEY_ID": accessKeyID, "AWS_SECRET_ACCESS_KEY": secretAccessKey])
    return (process, try value("listen", in: try await process.line(containing: " ready ")))
  }

  /// The value of `name=value` in a log line.
  static func value(_ name: String, in line: String) throws -> String {
    let part = try #require(line.split(separator: " ").first { $0.hasPrefix("\(name)=") })
    return String(part.dropFirst(name.count + 1))
  }

  deinit {
    for process in [daemon, emulator] { process.signal(SIGKILL) }
  }

  /// Asks the daemon with its token.
  func ask(
    _ method: String = "GET", _ path: String, hasToken: Bool = true, client: (any HTTPTransport)? = nil
  ) async throws -> TransportResponse {
    var fields: [(name: String, value: Secret)] = []
    if hasToken { fields.append(("Authorization", Secret("Bearer \(token.exposed)"))) }
    return try await (client ?? self.client).send(
      TransportRequest(
        method: method, url: "http://\(address)\(path)", fields: fields, readTimeout: 60, bypassesProxy: true))
  }

  /// How many calls reached the emulator, by its log.
  var upstreamCalls: Int {
    emulator.standardError.split(separator: "\n").count { $0.contains(": call ") }
  }

  /// Ends the daemon as systemd does, and checks how it ended and what it left behind.
  func stop() async {
    daemon.signal(SIGTERM)
    let status = await daemon.exitStatus()
    #expect(status == 0, "\(daemon.standardError)")
    emulator.signal(SIGTERM)
    await emulator.exitStatus()
    expectNoSecrets(in: daemon.standardError + daemon.standardOutput + emulator.standardError + emulator.standardOutput)
  }

  /// No token, sign-in address, secret key or local token is in what was printed.
  func expectNoSecrets(in text: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let canaries = [
      token.exposed, Self.secretAccessKey, "emulated-access-token", "emulated-refresh-token", "/auth/sign-in",
    ]
    for canary in canaries {
      #expect(!text.contains(canary), "a secret was printed", sourceLocation: sourceLocation)
    }
  }
}
