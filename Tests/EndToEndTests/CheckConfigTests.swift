import JSON
import TestSupport
import Testing

/// `status --config`, as an administrator uses it; `check-config` is in `Tests/Transcripts/check-config.txt`.
@Suite(.timeLimit(.minutes(10)))
struct CheckConfigTests {
  @Test("status --config prints what the daemon has in force, not what the file has become")
  func inForce() async throws {
    let deployment = try await Deployment(
      configuration: "cache.max_entries = 7\nprofile = \"a\\\"b\"\nlimits.idle_timeout = \"90s\"")
    let environment = Deployment.environment(deployment.directory).merging(["FEDBROKER_LISTEN": deployment.address]) {
      $1
    }
    func status(_ flags: [String] = []) async throws -> (status: Int32, output: String, error: String) {
      try await LoggedProcess.run(Deployment.binary, ["status", "--config"] + flags, environment: environment)
    }
    deployment.directory.write("fedbroker.toml", "cache.max_entries = 8\n")
    let shown = try await status()
    #expect(shown.status == 0, "\(shown.error)")
    let file = "\(deployment.directory.path)/fedbroker.toml"
    #expect(shown.output.contains("\n[cache]\n"))
    #expect(shown.output.contains("\nmax_entries = 7  # file \(file)\n"))
    #expect(shown.output.contains("\nprofile = \"a\\\"b\"  # file \(file)\n"))
    #expect(shown.output.contains("\nidle_timeout = \"90s\"  # file \(file)\n"))
    #expect(shown.output.contains("listen = [\"127.0.0.1:0\"]  # flag --listen\n"))
    #expect(shown.output.contains("# region is not set\n"))
    deployment.daemon.signal(1)
    try await deployment.daemon.line(containing: " reloaded ")
    #expect(try await status().output.contains("\nmax_entries = 8  # file \(file)\n"))
    let json = try JSONValue(parsing: try await status(["--json"]).output)
    #expect(json["settings"]?.array?.isEmpty == false)
    await deployment.stop()
  }
}
