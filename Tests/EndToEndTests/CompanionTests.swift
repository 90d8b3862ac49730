import Glibc
import TestSupport
import Testing

/// `fedbroker serve … -- COMMAND`: an application with a daemon of its own.
@Suite(.timeLimit(.minutes(10)))
struct CompanionTests {
  private let directory = ScratchDirectory()

  private func serve(_ command: [String], _ flags: [String] = []) throws -> LoggedProcess {
    try LoggedProcess(
      Deployment.binary, ["serve", "--emulate", "--instance-id", "demo"] + flags + ["--"] + command,
      environment: Deployment.environment(directory).merging([
        "FEDBROKER_LISTEN": "127.0.0.1:0,unix:\(directory.path)/fedbroker/fedbroker.sock",
        "PATH": "\(Deployment.binary.dropLast("/fedbroker".count)):/usr/bin:/bin",
      ]) { $1 })
  }

  @Test("The command finds the daemon, and the daemon ends with its status")
  func status() async throws {
    let process = try serve([
      "sh", "-c",
      "fedbroker health --wait 60s && fedbroker watch demo --once --query UserId --output text; echo $1; exit 7",
      "sh", "--an argument",
    ])
    #expect(await process.exitStatus() == 7)
    #expect(process.standardOutput == "emulated-agent\n--an argument\n")
    #expect(process.standardError.contains(" stopped"))
  }

  @Test("A command that a signal ends, cannot run or is not there, is told as shells tell it")
  func failures() async throws {
    #expect(await (try serve(["sh", "-c", "kill -9 $$"])).exitStatus() == 137)
    let missing = try serve(["no-such-command"])
    #expect(await missing.exitStatus() == 127)
    #expect(missing.standardError.contains("the command cannot be started"))
    #expect(await (try serve([directory.write("text", "no program")])).exitStatus() == 126)
  }

  @Test("Signals reach the command, and it has the daemon to its end", arguments: [SIGTERM, SIGINT])
  func signals(number: Int32) async throws {
    let process = try serve([
      "sh", "-c",
      """
      trap 'echo told user >&2' USR1
      trap 'fedbroker watch demo --once --query UserId --output text >&2; echo told end >&2; exit 3' TERM
      echo told start >&2
      while :; do sleep 0.05; done
      """,
    ])
    try await process.line(containing: "told start")
    process.signal(SIGUSR1)
    try await process.line(containing: "told user")
    process.signal(SIGHUP)
    try await process.line(containing: " reloaded ")
    process.signal(number)
    #expect(await process.exitStatus() == 3)
    #expect(process.standardError.contains("emulated-agent\ntold end\n"))
  }

  @Test("A signal that the command causes as soon as it runs reaches it, and does not end the daemon")
  func signalAtOnce() async throws {
    let process = try serve(["sh", "-c", "trap 'exit 5' USR1; kill -USR1 $PPID; while :; do sleep 0.05; done"])
    #expect(await process.exitStatus() == 5)
  }

  @Test("A command that does not end is killed after shutdown_timeout")
  func stubborn() async throws {
    let file = directory.write("fedbroker.toml", "limits.shutdown_timeout = \"300ms\"\n")
    let process = try serve(
      ["sh", "-c", "trap '' TERM; echo told start >&2; while :; do sleep 0.05; done"], ["--config", file])
    try await process.line(containing: "told start")
    process.signal(SIGTERM)
    #expect(await process.exitStatus() == 137)
  }

  @Test(
    "POST /quit on the admin listener ends the daemon as SIGTERM does, where allow_quit is set",
    arguments: [true, false])
  func quit(isAllowed: Bool) async throws {
    let process = try LoggedProcess(
      Deployment.binary,
      ["serve", "--emulate", "--instance-id", "demo", "--admin-listen", "127.0.0.1:0"]
        + (isAllowed ? ["--allow-quit"] : []),
      environment: Deployment.environment(directory).merging(["FEDBROKER_LISTEN": "127.0.0.1:0"]) { $1 })
    let ready = try await process.line(containing: " ready ")
    let addresses = try [Deployment.value("admin_listen", in: ready), Deployment.value("listen", in: ready)]
    func post(_ address: String, _ fields: String...) async throws -> String {
      try await LoggedProcess.run(
        "curl",
        ["-sS", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", "http://\(address)/quit"]
          + fields.flatMap { ["-H", $0] }
      ).output
    }
    #expect(try await post(addresses[0], "Origin: http://attacker.example") == "403")
    #expect(try await post(addresses[1]) == "401")
    #expect(try await post(addresses[0]) == (isAllowed ? "202" : "403"))
    if !isAllowed { process.signal(SIGTERM) }
    #expect(await process.exitStatus() == 0)
    #expect(process.standardError.contains("asked to end by POST /quit") == isAllowed)
    #expect(process.standardError.contains(" stopped"))
  }
}
