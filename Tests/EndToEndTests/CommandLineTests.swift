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
