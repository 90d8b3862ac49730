import FoundationEssentials
import Glibc
import LocalHTTP
import Outbound
import Secrets
import TestSupport
import Testing

/// What others on the machine can learn of the daemon beside its answers.
@Suite(.timeLimit(.minutes(10)))
struct ExposureTests {
  @Test("A process of the same user reads neither memory nor environment", .enabled(if: geteuid() == 0, "needs root"))
  func memory() async throws {
    let user: [String] = ["--reuid", "12345", "--regid", "12345", "--clear-groups"]
    let directory = ScratchDirectory()
    chown(directory.path, 12345, 12345)
    let daemon = try LoggedProcess(
      "setpriv", user + [Deployment.binary, "serve", "--emulate", "--listen", "127.0.0.1:0", "--instance-id", "demo"],
      environment: Deployment.environment(directory))
    try await daemon.line(containing: " ready ")
    let open = try LoggedProcess("setpriv", user + ["sh", "-c", "echo started >&2; exec tail -f /dev/null"])
    try await open.line(containing: "started")
    func canRead(_ file: String, of process: LoggedProcess) async throws -> Bool {
      try await LoggedProcess.run(
        "setpriv", user + ["head", "-c", "0", "/proc/\(process.identifier)/\(file)"],
        environment: ["PATH": "/usr/bin:/bin"]
      ).status == 0
    }
    for file in ["environ", "maps", "mem", "auxv", "fd/0"] {
      #expect(try await !canRead(file, of: daemon), "\(file)")
    }
    // So that the above says something of the daemon, not of the machine.
    #expect(try await canRead("environ", of: open))
    #expect(try await canRead("maps", of: open))
    daemon.signal(SIGTERM)
    #expect(await daemon.exitStatus() == 0)
    open.signal(SIGKILL)
  }

  @Test(
    "Whatever a command waits for, others of its user do not read what it was started with",
    .enabled(if: geteuid() == 0, "needs root"),
    arguments: [["status", "--watch"], ["emulate", "--listen", "127.0.0.1:0"]])
  func commandEnvironment(arguments: [String]) async throws {
    let user: [String] = ["--reuid", "12345", "--regid", "12345", "--clear-groups"]
    let directory = ScratchDirectory()
    chown(directory.path, 12345, 12345)
    let impostor = LoopbackServer { $0.waitForClose() }
    let command = try LoggedProcess(
      "setpriv", user + [Deployment.binary] + arguments,
      environment: Deployment.environment(directory).merging([
        "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": Deployment.secretAccessKey,
        "FEDBROKER_BROKER": "http://127.0.0.1:\(impostor.port)",
      ]) { $1 })
    // It has said something: that is long after its first step.
    try await command.line(containing: "127.0.0.1")
    let read = try await LoggedProcess.run(
      "setpriv", user + ["cat", "/proc/\(command.identifier)/environ"], environment: ["PATH": "/usr/bin:/bin"])
    #expect(read.status != 0)
    #expect(read.output.isEmpty)
    command.signal(SIGKILL)
  }

  @Test("A crash leaves no core, prints nothing of the memory, and is the end")
  func core() async throws {
    let deployment = try await Deployment()
    let limits = try String(contentsOfFile: "/proc/\(deployment.daemon.identifier)/limits", encoding: .utf8)
    let core = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
    #expect(core.split(whereSeparator: \.isWhitespace).dropFirst(4).prefix(2) == ["0", "0"])
    let printed = deployment.daemon.standardError
    deployment.daemon.signal(SIGABRT)
    #expect(await deployment.daemon.exitStatus() == 128 + SIGABRT)
    #expect(deployment.daemon.standardError == printed)
  }

  @Test("No token stands in the command line or the environment, which every user or root can read")
  func commandLine() async throws {
    let deployment = try await Deployment(serve: ["--instance-id", "demo"])
    #expect(try await deployment.ask("GET", "/v1/instances/demo/token").status == 200)
    for file in ["cmdline", "environ"] {
      let text = try String(contentsOfFile: "/proc/\(deployment.daemon.identifier)/\(file)", encoding: .utf8)
      #expect(!text.isEmpty)
      for secret in [
        deployment.token.exposed, "emulated-access-token", "emulated-refresh-token", Deployment.secretAccessKey,
      ] {
        #expect(!text.contains(secret))
      }
    }
    await deployment.stop()
  }

  @Test("A credential process gets what programs get, and nothing that is the daemon's own")
  func children() async throws {
    let directory = ScratchDirectory()
    let record = "\(directory.path)/record"
    let script = directory.write(
      "credentials.sh",
      """
      { tr '\\0' '\\n' </proc/$$/environ; tr '\\0' ' ' </proc/$$/cmdline; echo; ls /proc/self/fd; } >\(record)
      echo '{"Version":1,"AccessKeyId":"\(Deployment.accessKeyID)","SecretAccessKey":"\(Deployment.secretAccessKey)"}'
      """)
    let config = directory.write("config", "[profile tool]\nregion = us-east-1\ncredential_process = sh \(script)\n")
    let (emulator, address) = try await Deployment.startEmulator([])
    let daemon = try LoggedProcess(
      Deployment.binary,
      ["serve", "--profile", "tool", "--instance-id", "demo", "--listen", "127.0.0.1:0", "--listen"]
        + ["unix:\(directory.path)/s", "--endpoint-url", "http://\(address)"],
      environment: Deployment.environment(directory).merging([
        "AWS_CONFIG_FILE": config, "FEDBROKER_LOG_LEVEL": "debug", "NOTIFY_SOCKET": "\(directory.path)/notify",
        "LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "api", "WATCHDOG_USEC": "9000000", "WATCHDOG_PID": "1",
      ]) { $1 })
    try await daemon.line(containing: "fetched a token")
    let lines = try String(contentsOfFile: record, encoding: .utf8).split(separator: "\n")
    #expect(lines.contains("HOME=\(directory.path)"))
    #expect(lines.contains("sh \(script) "))
    // Those of `ls` itself, the last being the directory that it lists: no socket, no file of the daemon's.
    #expect(lines.suffix(4) == ["0", "1", "2", "3"])
    for name in ["FEDBROKER", "LISTEN_", "NOTIFY_SOCKET", "WATCHDOG_"] {
      #expect(!lines.contains { $0.contains(name) })
    }
    let token = try String(contentsOfFile: "\(directory.path)/fedbroker/token", encoding: .utf8)
    for secret in [token, Deployment.secretAccessKey, "emulated-access-token"] {
      #expect(!lines.contains { $0.contains(secret) })
    }
    for process in [daemon, emulator] {
      process.signal(SIGTERM)
      #expect(await process.exitStatus() == 0)
    }
  }

  @Test("A log says it where the kernel does not lock the memory of secrets, and only there", arguments: [true, false])
  func unlocked(isLimited: Bool) async throws {
    let directory = ScratchDirectory()
    // Without the capability the limit holds for root too.
    let limit = isLimited ? ["prlimit", "--memlock=0"] : ["env"]
    let daemon = try LoggedProcess(
      limit[0],
      Array(limit.dropFirst()) + ["setpriv"]
        + (geteuid() == 0 ? ["--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock"] : [])
        + [Deployment.binary, "serve", "--emulate", "--instance-id", "demo", "--listen", "127.0.0.1:0"],
      environment: Deployment.environment(directory))
    try await daemon.line(containing: " ready ")
    try await daemon.line(containing: "fetched a token")
    if isLimited { try await daemon.line(containing: "notice: secrets may be written to swap") }
    daemon.signal(SIGTERM)
    #expect(await daemon.exitStatus() == 0)
    #expect(daemon.standardError.contains("secrets may be written to swap") == isLimited)
  }

  @Test(
    "Line ends in a name reach no header, no log line and no call upstream",
    arguments: [
      "/v1/instances/a%0d%0aX-Injected:%201/token", "/user/federate/a%0d%0aX-Injected:%201",
      "/v1/instances/demo/token?session_name=a%0d%0aX-Injected:%201",
      "/v1/instances/demo/token?field=a%0d%0aX-Injected:%201",
      "/v1/instances/demo/token?a%0d%0aX-Injected:%201", "/a%0d%0aX-Injected:%201",
    ])
  func injection(target: String) async throws {
    let deployment = try await Deployment(serve: ["--log-level", "debug"])
    let response = try await deployment.ask("GET", target)
    #expect(response["X-Injected"] == nil)
    #expect(try await deployment.ask("GET", "/v1/instances/demo/token").status == 200)
    await deployment.stop()
    for log in [deployment.daemon.standardError, deployment.emulator.standardError] {
      #expect(!log.split(whereSeparator: \.isNewline).contains { $0.hasPrefix("X-Injected") })
    }
  }

  @Test("Who takes the place of the socket's file is left alone when the daemon ends")
  func hijackedSocket() async throws {
    let directory = ScratchDirectory()
    let path = "\(directory.path)/s"
    let daemon = try LoggedProcess(
      Deployment.binary, ["serve", "--emulate", "--listen", "unix:\(path)"],
      environment: Deployment.environment(directory))
    try await daemon.line(containing: " ready ")
    directory.write("s", "somebody else's")
    // No other daemon takes the path from what is there now, either.
    let other = try await LoggedProcess.run(
      Deployment.binary, ["serve", "--emulate", "--listen", "unix:\(path)"],
      environment: Deployment.environment(ScratchDirectory()))
    #expect(other.status != 0)
    daemon.signal(SIGTERM)
    #expect(await daemon.exitStatus() == 0)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "somebody else's")
  }
}
