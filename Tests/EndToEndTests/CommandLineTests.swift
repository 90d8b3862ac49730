import Glibc
import Outbound
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct CommandLineTests {
  private func run(
    _ arguments: [String], in directory: ScratchDirectory = ScratchDirectory(), environment: [String: String] = [:]
  ) async throws -> (status: Int32, output: String, error: String) {
    try await LoggedProcess.run(
      Deployment.binary, arguments, environment: Deployment.environment(directory).merging(environment) { $1 })
  }

  @Test("The version is one line")
  func version() async throws {
    let result = try await run(["--version"])
    #expect(result.status == 0)
    #expect(result.output.wholeMatch(of: /fedbroker \d+\.\d+\.\d+\n/) != nil)
  }

  @Test(
    "Each command explains itself",
    arguments: [
      [], ["serve"], ["emulate"], ["env"], ["exec"], ["get-federation-token"], ["health"], ["sign-in"], ["status"],
      ["check-config"], ["watch"], ["fleet"], ["fleet", "plan"],
    ])
  func help(command: [String]) async throws {
    let result = try await run(command + ["--help"])
    #expect(result.status == 0)
    #expect(result.output.contains("USAGE: fedbroker"))
  }

  @Test(
    "A wrong command line is a usage error",
    arguments: [
      ["serve", "--lisen", "127.0.0.1:0"], ["nothing"], ["serve", "--listen"], ["serve", "extra"], ["fleet", "plan"],
      ["fleet", "plan", "--users", "0", "--lifetime", "15m", "--in", "10m"],
      ["fleet", "plan", "--users", "10", "--lifetime", "15", "--in", "10m"],
      ["fleet", "plan", "--users", "10", "--lifetime", "15m", "--in", "0s"],
    ])
  func usage(arguments: [String]) async throws {
    let result = try await run(arguments)
    #expect(result.status == 64)
    #expect(result.error.contains("Error: "))
  }

  @Test(
    "A value that cannot be says why, with its flag",
    arguments: [
      (["--listen", "nowhere"], "--listen"), (["--listen", "0.0.0.0:0"], "allow_non_loopback"),
      (["--listen", "127.0.0.1:99999"], "--listen"), (["--listen", "unix:relative"], "--listen"),
      (["--admin-listen", "x"], "--admin-listen"), (["--instance-id", ".."], "--instance-id"),
      (["--log-level", "loud"], "--log-level"), (["--log-format", "xml"], "--log-format"),
      (["--cli-read-timeout=-1"], "--cli-read-timeout"), (["--cli-connect-timeout", "soon"], "--cli-connect-timeout"),
      (["--endpoint-url", "ftp://x"], "--endpoint-url"), (["--region", "no region"], "--region"),
      (["--config", "/nonexistent.toml"], "/nonexistent.toml"),
    ])
  func badValues(arguments: [String], mentioned: String) async throws {
    let result = try await run(["serve"] + arguments)
    #expect(result.status == 78)
    #expect(result.error.contains("fedbroker: "))
    #expect(result.error.contains(mentioned))
  }

  @Test(
    "A wrong configuration file stops the start with the file, the place and what is allowed",
    arguments: [
      ("listn = [\"127.0.0.1:0\"]", ["unknown key listn", "did you mean listen"]),
      ("[cache]\nmax_entries = \"many\"", ["cache.max_entries", "whole number"]),
      ("[cache]\nmax_entries = 0", ["cache.max_entries", "from 1 to"]),
      ("listen = [\n\"127.0.0.1:0\"", ["fedbroker.toml:"]),
      ("token_group = \"no-such-group-here\"", ["token_group", "no-such-group-here"]),
      ("socket_users = [\"no-such-user-here\"]", ["socket_users", "no-such-user-here"]),
    ])
  func badFiles(text: String, mentioned: [String]) async throws {
    let directory = ScratchDirectory()
    let file = directory.write("fedbroker.toml", text)
    let result = try await run(["serve", "--config", file], in: directory)
    #expect(result.status == 78)
    for part in mentioned { #expect(result.error.contains(part)) }
  }

  @Test("An address that is in use ends the start with 69, and leaves the other daemon alone")
  func addressInUse() async throws {
    let deployment = try await Deployment()
    for listen in [deployment.address, "unix:\(deployment.directory.path)/fedbroker.sock"] {
      let other = ScratchDirectory()
      let holder = try? LoggedProcess(
        Deployment.binary, ["serve", "--emulate", "--listen", listen], environment: Deployment.environment(other))
      if listen.hasPrefix("unix:") { try await holder?.line(containing: " ready ") }
      let result = try await run(["serve", "--emulate", "--listen", listen])
      #expect(result.status == 69)
      #expect(result.error.contains("\(listen): the address is in use"))
      holder?.signal(SIGKILL)
    }
    #expect(try await deployment.ask("GET", "/v1/instances").status == 200)
    await deployment.stop()
  }

  @Test(
    "Without permission for an address or a token file the start ends with 77",
    .enabled(if: geteuid() == 0, "needs root"))
  func noPermission() async throws {
    let directory = ScratchDirectory()
    mkdir("\(directory.path)/closed", 0o700)
    chmod(directory.path, 0o755)
    // The package may lie where another user cannot reach it.
    let copy = "\(directory.path)/fedbroker"
    #expect(try await LoggedProcess.run("/bin/cp", [Deployment.binary, copy]).status == 0)
    for arguments in [
      ["--listen", "unix:\(directory.path)/closed/s"],
      ["--listen", "127.0.0.1:0", "--token-file", "\(directory.path)/closed/token"],
    ] {
      let result = try await LoggedProcess.run(
        "setpriv",
        ["--reuid", "12345", "--regid", "12345", "--clear-groups", copy, "serve", "--emulate"] + arguments,
        environment: ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"])
      #expect(result.status == 77)
      #expect(result.error.contains("\(directory.path)/closed/"))
    }
  }

  @Test("A socket file that a dead daemon left is replaced")
  func staleSocket() async throws {
    let directory = ScratchDirectory()
    let listen = "unix:\(directory.path)/fedbroker.sock"
    for _ in 0..<2 {
      let daemon = try LoggedProcess(
        Deployment.binary, ["serve", "--emulate", "--listen", listen], environment: Deployment.environment(directory))
      try await daemon.line(containing: " ready ")
      daemon.signal(SIGKILL)
      #expect(await daemon.exitStatus() == 128 + SIGKILL)
      #expect(access("\(directory.path)/fedbroker.sock", F_OK) == 0)
    }
  }

  @Test("A token file that others can read is refused, with the command that mends it")
  func openTokenFile() async throws {
    let directory = ScratchDirectory()
    let file = directory.write("token", String(repeating: "t", count: 43))
    chmod(file, 0o644)
    let result = try await run(["serve", "--emulate", "--listen", "127.0.0.1:0", "--token-file", file], in: directory)
    #expect(result.status == 78)
    #expect(result.error.contains("chmod 600"))
  }

  @Test("health is 0 when ready, 1 when not, over the unix socket or by --broker")
  func health() async throws {
    let deployment = try await Deployment(
      emulator: ["--script", "fail"], serve: ["--instance-id", "demo"])
    let unready = try await run(["health", "--broker", "http://\(deployment.address)"])
    #expect(unready.status == 1)
    #expect(unready.error.contains("fedbroker: "))
    await deployment.stop()

    let directory = ScratchDirectory()
    let ready = try LoggedProcess(
      Deployment.binary, ["serve", "--emulate", "--instance-id", "demo"],
      environment: Deployment.environment(directory).merging([
        "FEDBROKER_LISTEN": "unix:\(directory.path)/s"
      ]) { $1 })
    try await ready.line(containing: "fetched a token")
    try await ready.line(containing: " ready ")
    let environment = ["FEDBROKER_LISTEN": "unix:\(directory.path)/s"]
    #expect(try await run(["health"], environment: environment).status == 0)
    #expect(try await run(["health", "--broker", "unix:\(directory.path)/s"]).status == 0)
    let nobody = try await run(["health", "--broker", "unix:\(directory.path)/nobody"])
    #expect(nobody.status == 1)
    #expect(nobody.error.contains("no daemon answers"))
    #expect(try await run(["health", "--broker", "nonsense"]).status == 1)
    ready.signal(SIGKILL)
  }
}
