import FoundationEssentials
import Glibc
import JSON
import TestSupport
import Testing

/// `fedbroker watch` beside the real daemon.
@Suite(.timeLimit(.minutes(10)))
struct WatchTests {
  private let directory = ScratchDirectory()

  private var socket: String { "\(directory.path)/fedbroker/fedbroker.sock" }

  private var environment: [String: String] {
    Deployment.environment(directory).merging(["FEDBROKER_LISTEN": "unix:\(socket)"]) { $1 }
  }

  private func daemon(_ arguments: [String] = ["--instance-id", "demo"]) async throws -> LoggedProcess {
    let process = try LoggedProcess(
      Deployment.binary, ["serve", "--emulate"] + arguments, environment: environment)
    try await process.line(containing: " ready ")
    return process
  }

  private func watch(_ arguments: [String], _ changes: [String: String] = [:]) throws -> LoggedProcess {
    try LoggedProcess(
      Deployment.binary, ["watch"] + arguments, environment: environment.merging(changes) { $1 })
  }

  private func curl(_ arguments: [String]) async throws -> String {
    let path = arguments.last ?? ""
    let result = try await LoggedProcess.run(
      "curl", ["-sS", "--unix-socket", socket] + arguments.dropLast() + ["http://localhost\(path)"])
    #expect(result.status == 0, "\(result.error)")
    return result.output
  }

  private func refresh() async throws { _ = try await curl(["-X", "POST", "/v1/instances/demo/refresh"]) }

  /// Returns what `--exec` has printed for the `count`th token.
  private func told(_ process: LoggedProcess, _ count: Int) async throws -> String {
    try await process.line(containing: "told ", count: count)
  }

  private func content(_ name: String) throws -> String {
    try String(contentsOfFile: "\(directory.path)/\(name)", encoding: .utf8)
  }

  @Test("Each token is written whole, then the command runs, with the token on its standard input alone")
  func fileAndCommand() async throws {
    let daemon = try await daemon()
    let watch = try watch([
      "demo", "--file", "\(directory.path)/new/token.json", "--exec",
      "cat > '\(directory.path)/input'; env > '\(directory.path)/environment'; cat /proc/$PPID/cmdline >> '\(directory.path)/environment'; "
        + "echo told $FEDBROKER_INSTANCE $FEDBROKER_EXPIRES >&2",
    ])
    for count in 1...3 {
      let line = try await told(watch, count)
      let token = try JSONValue(parsing: try content("new/token.json"))
      let expiry = try #require(token["Credentials"]?["AccessTokenExpiration"]?.string)
      #expect(line == "told demo \(expiry)")
      #expect(try content("input") == content("new/token.json"))
      let accessToken = try #require(token["Credentials"]?["AccessToken"]?.string)
      #expect(try !content("environment").contains(accessToken))
      let current = try await curl(["/v1/instances/demo/token/Credentials.AccessToken"])
      #expect(current == accessToken)
      try await refresh()
    }
    var status = stat()
    #expect(stat("\(directory.path)/new/token.json", &status) == 0 && status.st_mode & 0o777 == 0o600)
    watch.signal(SIGTERM)
    #expect(await watch.exitStatus() == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(directory.path)/new")
    #expect(names == ["token.json"])
    daemon.signal(SIGTERM)
    await daemon.exitStatus()
  }

  @Test("A command that fails is said, and runs again with the next token")
  func failingCommand() async throws {
    let daemon = try await daemon()
    let watch = try watch(["demo", "--query", "UserId", "--output", "text", "--exec", "echo told $(cat) >&2; exit 7"])
    #expect(try await told(watch, 1) == "told emulated-agent")
    try await watch.line(containing: "fedbroker: the command ended with status 7; it runs again with the next token")
    try await refresh()
    #expect(try await told(watch, 2) == "told emulated-agent")
    watch.signal(SIGTERM)
    #expect(await watch.exitStatus() == 0)
    daemon.signal(SIGKILL)
  }

  @Test("It outlives the daemon, says so once, and goes on with the next one's tokens")
  func restart() async throws {
    let first = try await daemon()
    let watch = try watch(["demo", "--exec", "echo told $FEDBROKER_EXPIRES >&2"])
    _ = try await told(watch, 1)
    first.signal(SIGTERM)
    // At once, although somebody waits.
    #expect(await first.exitStatus() == 0)
    try await watch.line(containing: "fedbroker: trying again")
    let second = try await daemon()
    _ = try await told(watch, 2)
    #expect(watch.standardError.split(separator: "\n").count { $0 == "fedbroker: trying again" } <= 2)
    watch.signal(SIGTERM)
    #expect(await watch.exitStatus() == 0)
    second.signal(SIGKILL)
  }

  @Test("SIGTERM ends the command that runs as well")
  func terminated() async throws {
    let daemon = try await daemon()
    let watch = try watch([
      "demo", "--exec",
      "trap 'echo told trapped >&2; exit' TERM; echo told started >&2; cat >/dev/null; while :; do sleep 1; done",
    ])
    _ = try await told(watch, 1)
    watch.signal(SIGTERM)
    #expect(try await told(watch, 2) == "told trapped")
    #expect(await watch.exitStatus() == 0)
    daemon.signal(SIGKILL)
  }

  @Test("Without file and command each token is a line, and --once ends after the first")
  func line() async throws {
    let daemon = try await daemon()
    func once(_ arguments: [String]) async throws -> (status: Int32, output: String, error: String) {
      let process = try watch(["demo", "--once"] + arguments)
      let status = await process.exitStatus()
      return (status, process.standardOutput, process.standardError)
    }
    let line = try await once([])
    #expect(line.status == 0 && line.error.isEmpty)
    #expect(line.output.hasSuffix("}\n") && line.output.count { $0 == "\n" } == 1)
    #expect(try JSONValue(parsing: line.output)["UserId"]?.string == "emulated-agent")
    #expect(try await once(["--query", "UserId", "--output", "text"]).output == "emulated-agent\n")
    #expect(try await once(["--query", "UserId"]).output == "\"emulated-agent\"\n")
    #expect(try await once(["--exec", "exit 9"]).status == 9)
    #expect(try await once(["--query", "["]).status == 64)
    #expect(try await once(["--file", "/dev/null/x"]).status == 1)
    let full = try await LoggedProcess.run(
      "/bin/sh", ["-c", "'\(Deployment.binary)' watch demo --once > /dev/full"], environment: environment)
    #expect(
      full.status == 74 && full.error == "fedbroker: standard output cannot be written: No space left on device\n")
    daemon.signal(SIGKILL)
  }

  @Test("Over TCP it signs what it waits for")
  func tcp() async throws {
    let deployment = try await Deployment(serve: ["--instance-id", "demo"])
    let watch = try LoggedProcess(
      Deployment.binary,
      ["watch", "demo", "--broker", "http://\(deployment.address)", "--exec", "cat >/dev/null; echo told >&2"],
      environment: Deployment.environment(deployment.directory))
    try await watch.line(containing: "told")
    _ = try await deployment.ask("POST", "/v1/instances/demo/refresh")
    try await watch.line(containing: "told", count: 2)
    watch.signal(SIGTERM)
    #expect(await watch.exitStatus() == 0)
    await deployment.stop()
  }

  @Test("Who waits is not forgotten by a reload, and an instance that is misspelt is named")
  func reload() async throws {
    directory.write("fedbroker.toml", "[instances.sales]\nid = \"1\"\n")
    let daemon = try await daemon(["--config", "\(directory.path)/fedbroker.toml"])
    let process = try watch(["slaes", "--once"])
    #expect(await process.exitStatus() == 1)
    #expect(process.standardError.hasSuffix(" Did you mean sales?\n"), "\(process.standardError)")
    let watch = try watch(["sales", "--exec", "cat >/dev/null; echo told >&2"])
    try await watch.line(containing: "told")
    directory.write("fedbroker.toml", "[instances.sales]\nid = \"2\"\n")
    daemon.signal(SIGHUP)
    // Another instance's token is another one.
    try await watch.line(containing: "told", count: 2)
    watch.signal(SIGTERM)
    #expect(await watch.exitStatus() == 0)
    daemon.signal(SIGKILL)
  }

  @Test("A request that waits gets 304 in time, and one whose client leaves frees its place")
  func waiting() async throws {
    let daemon = try await daemon()
    let head = try await curl(["-D-", "-o/dev/null", "/v1/instances/demo/token"])
    let tag = try #require(head.split(separator: "\r\n").first { $0.hasPrefix("ETag: ") }).dropFirst("ETag: ".count)
    let answer = try await curl([
      "-D-", "-H", "If-None-Match: \(tag)", "-H", "Prefer: wait=1", "/v1/instances/demo/token",
    ])
    #expect(answer.hasPrefix("HTTP/1.1 304 Not Modified\r\n"))
    #expect(answer.contains("\r\nPreference-Applied: wait=1\r\n") && answer.contains("\r\nETag: \(tag)\r\n"))
    #expect(answer.hasSuffix("\r\n\r\n"))
    let waiting = try LoggedProcess(
      "curl",
      [
        "-sS", "-v", "--unix-socket", socket, "-H", "If-None-Match: \(tag)", "-H", "Prefer: wait=300",
        "http://localhost/v1/instances/demo/token",
      ], environment: environment)
    try await waiting.line(containing: "> Prefer: wait=300")
    func connections() async throws -> String {
      let metrics = try await curl(["/metrics"])
      return String(metrics.split(separator: "\n").first { $0.hasPrefix("fedbroker_connections ") } ?? "")
    }
    while try await connections() != "fedbroker_connections 2" {}
    waiting.signal(SIGKILL)
    while try await connections() != "fedbroker_connections 1" {}
    daemon.signal(SIGTERM)
    #expect(await daemon.exitStatus() == 0)
  }
}
