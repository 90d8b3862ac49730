import FoundationEssentials
import Glibc
import Outbound
import Secrets
import TestSupport
import Testing

/// The daemon in a directory of its own; what stands upstream is the test's.
struct LoneDaemon {
  let directory: ScratchDirectory
  let process: LoggedProcess
  /// Host and port.
  let address: String
  let token: String

  /// Starts it, and returns when it is ready.
  ///
  /// - Parameters:
  ///   - endpoint: Where Amazon Connect is.
  ///   - environment: Put over one with AWS keys and a region; an empty value takes a variable away.
  init(
    in directory: ScratchDirectory = ScratchDirectory(), endpoint: String, _ arguments: [String] = [],
    environment: [String: String] = [:], configuration: String = ""
  ) async throws {
    self.directory = directory
    let file = directory.write("fedbroker.toml", configuration)
    let variables = Deployment.environment(directory).merging([
      "AWS_ACCESS_KEY_ID": Deployment.accessKeyID, "AWS_SECRET_ACCESS_KEY": Deployment.secretAccessKey,
      "AWS_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1",
    ]) { $1 }.merging(environment) { $1 }
    process = try LoggedProcess(
      Deployment.binary,
      ["serve", "--config", file, "--listen", "127.0.0.1:0", "--endpoint-url", endpoint] + arguments,
      environment: variables.filter { !$0.value.isEmpty })
    address =
      try Deployment.value("listen", in: try await process.line(containing: " ready ")).split(separator: ",")
      .first.map(String.init) ?? ""
    token = try String(contentsOfFile: "\(directory.path)/fedbroker/token", encoding: .utf8)
  }

  func ask(_ method: String = "GET", _ path: String = "/v1/instances/demo/token") async throws -> TransportResponse {
    try await CurlTransport().send(
      TransportRequest(
        method: method, url: "http://\(address)\(path)", fields: [("Authorization", Secret("Bearer \(token)"))],
        readTimeout: 60, bypassesProxy: true))
  }

  func stop() async {
    process.signal(SIGTERM)
    #expect(await process.exitStatus() == 0, "\(process.standardError)")
  }
}
