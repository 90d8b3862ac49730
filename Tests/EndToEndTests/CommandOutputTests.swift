import FoundationEssentials
import Glibc
import Secrets
import TestSupport
import Testing

/// What all commands have in common: their output, their signals, their words for a typing error.
@Suite(.timeLimit(.minutes(10)))
struct CommandOutputTests {
  private func environment(_ deployment: Deployment) -> [String: String] {
    Deployment.environment(deployment.directory).merging([
      "PATH": "\(Deployment.binary.dropLast("/fedbroker".count)):/usr/bin:/bin", "FEDBROKER_LISTEN": deployment.address,
      "TERM": "xterm",
    ]) { $1 }
  }

  private func shell(
    _ script: String, _ deployment: Deployment, _ shell: String = "sh", _ changes: [String: String] = [:]
  ) async throws -> (status: Int32, output: String, error: String) {
    try await LoggedProcess.run(shell, ["-c", script], environment: environment(deployment).merging(changes) { $1 })
  }

  @Test("Output that cannot be written whole is an error")
  func fullDisk() async throws {
    let deployment = try await Deployment(serve: ["--instance-id", "demo"])
    let commands = [
      "--version", "--help", "help status", "serve --help", "exec --help", "get-federation-token --help",
      "--generate-completion-script zsh", "status", "status --json", "status --config", "env", "env --profile x",
      "sign-in demo --print", "watch demo --once", "check-config '\(deployment.directory.path)/fedbroker.toml'",
    ]
    for command in commands {
      let result = try await shell("fedbroker \(command) > /dev/full", deployment)
      #expect(result.status == 74, "\(command)")
      #expect(
        result.error.contains("fedbroker: standard output cannot be written: No space left on device\n"), "\(command)")
      let closed = try await shell("fedbroker \(command) >&-", deployment)
      #expect(closed.status == 74, "\(command)")
      #expect(try await shell("fedbroker \(command) > /dev/null", deployment).status == 0, "\(command)")
    }
    for format in ["json", "text", "table", "yaml"] {
      let command = "fedbroker get-federation-token --instance-id demo --output \(format)"
      let result = try await shell("\(command) > /dev/full", deployment)
      #expect(result.status == 255)
      #expect(result.error == "\n[Errno 28] No space left on device\n")
    }
    await deployment.stop()
  }

  @Test("A shell that evaluates env learns that there is no daemon", arguments: ["sh", "bash", "zsh", "fish", "tcsh"])
  func failingEnvironment(name: String) async throws {
    try #require(access("/usr/bin/\(name)", X_OK) == 0, "make test installs the shells")
    let deployment = try await Deployment()
    let evaluation =
      switch name {
      case "fish": "fedbroker env --shell fish --broker unix:/nonexistent | source"
      case "tcsh": "eval `fedbroker env --shell tcsh --broker unix:/nonexistent`"
      default: "eval \"$(fedbroker env --broker unix:/nonexistent)\""
      }
    let result = try await shell("\(evaluation) && echo evaluated", deployment, name)
    #expect(!result.output.contains("evaluated"))
    #expect(result.error.contains("fedbroker: AWS clients need a TCP address"))
    await deployment.stop()
  }

  @Test("Each shell gets its variables", arguments: ["sh", "bash", "dash", "zsh", "fish", "tcsh"])
  func environment(name: String) async throws {
    try #require(access("/usr/bin/\(name)", X_OK) == 0, "make test installs the shells")
    let deployment = try await Deployment()
    let evaluation =
      switch name {
      case "fish": "fedbroker env --shell fish | source"
      case "tcsh": "eval \"`fedbroker env --shell tcsh | tr '\\n' ';'`\""
      default: "eval \"$(fedbroker env --shell \(name))\""
      }
    let result = try await shell(
      "\(evaluation); env", deployment, name,
      ["AWS_PROFILE": "other", "AWS_SESSION_TOKEN": "x", "NO_PROXY": "a'b\\c!d e"])
    let variables = Set(result.output.split(separator: "\n").map(String.init))
    #expect(variables.contains("AWS_ENDPOINT_URL_CONNECT=http://\(deployment.address)"), "\(result)")
    #expect(variables.contains("AWS_SECRET_ACCESS_KEY=\(deployment.token.exposed)"))
    #expect(variables.contains("NO_PROXY=a'b\\c!d e,127.0.0.1"))
    #expect(!result.output.contains("AWS_PROFILE=") && !result.output.contains("AWS_SESSION_TOKEN="))
    await deployment.stop()
  }

  @Test("SIGINT stays ignored where it was, as in the background of a script")
  func ignoredInterrupt() async throws {
    let deployment = try await Deployment(serve: ["--instance-id", "demo"])
    func ignoring(_ command: String) throws -> LoggedProcess {
      try LoggedProcess(
        "/bin/sh", ["-c", "trap '' INT; exec fedbroker \(command)"], environment: environment(deployment))
    }
    let watch = try ignoring("watch demo --exec 'cat >/dev/null; echo told >&2'")
    try await watch.line(containing: "told")
    watch.signal(SIGINT)
    _ = try await deployment.ask("POST", "/v1/instances/demo/refresh")
    try await watch.line(containing: "told", count: 2)
    watch.signal(SIGTERM)
    #expect(await watch.exitStatus() == 0)

    let serve = try ignoring("serve --emulate --listen 127.0.0.1:0 --token-file '\(deployment.directory.path)/other'")
    try await serve.line(containing: " ready ")
    serve.signal(SIGINT)
    serve.signal(SIGHUP)
    try await serve.line(containing: " reloaded ")
    serve.signal(SIGTERM)
    #expect(await serve.exitStatus() == 0)

    let (requests, report) = AsyncStream<Void>.makeStream()
    let impostor = LoopbackServer { connection in
      _ = connection.readRequest()
      report.yield()
      connection.waitForClose()
    }
    let command = try ignoring(
      "get-federation-token --instance-id demo --broker http://127.0.0.1:\(impostor.port) --cli-read-timeout 2")
    for await _ in requests { break }
    command.signal(SIGINT)
    #expect(await command.exitStatus() == 255)
    await deployment.stop()
  }

  @Test(
    "exec warns of an AWS CLI that would ask AWS",
    arguments: [
      ("1.28.9", true), ("1.29.0", false), ("1.45.11", false), ("2.9.19", true), ("2.12.7", true), ("2.13.0", false),
      ("2.9", true), ("3.0.1", false), ("none", false),
    ])
  func oldVersion(version: String, isOld: Bool) async throws {
    let deployment = try await Deployment()
    let script = "#!/bin/sh\n[ \"$1\" = --version ] && echo 'aws-cli/\(version) Python/3.11.2 Linux/6.1 botocore/2.0'\n"
    for (folder, says) in [("asked", script), ("v2/\(version)/dist", "#!/bin/sh\n")]
    where says == script || version != "none" {
      _ = try await shell("mkdir -p '\(deployment.directory.path)/\(folder)'", deployment)
      let aws = deployment.directory.write("\(folder)/aws", says)
      chmod(aws, 0o755)
      let path = [
        "PATH": "\(aws.dropLast("/aws".count)):\(Deployment.binary.dropLast("/fedbroker".count)):/usr/bin:/bin"
      ]
      let result = try await shell("fedbroker exec -- aws connect get-federation-token", deployment, "sh", path)
      let warning =
        "fedbroker: warning: aws \(version) ignores AWS_ENDPOINT_URL_CONNECT, and would call AWS with a key that AWS does not "
        + "know: add --endpoint-url http://\(deployment.address), or use 1.29, 2.13 or later\n"
      #expect(result.error == (isOld ? warning : ""))
      let named = try await shell("fedbroker exec -- aws connect x --endpoint-url http://a", deployment, "sh", path)
      #expect(named.error == "")
    }
    await deployment.stop()
  }

  @Test("Colours are for terminals, and for who wants them")
  func colors() async throws {
    let deployment = try await Deployment(serve: ["--instance-id", "demo"])
    _ = try await deployment.ask("GET", "/v1/instances/demo/token")
    let terminal = "script -qec 'fedbroker status' /dev/null"
    #expect(try await shell(terminal, deployment).output.contains("\u{1B}[32mlive\u{1B}[0m"))
    for (variable, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
      let result = try await shell(terminal, deployment, "sh", [variable: value])
      #expect(result.output.contains("live") && !result.output.contains("\u{1B}["))
    }
    let piped = try await shell("fedbroker status | cat", deployment)
    #expect(piped.output.contains("live") && !piped.output.contains("\u{1B}["))
    #expect(piped.output.contains("INSTANCE  USER "))
    await deployment.stop()
  }

  @Test("health waits until the daemon is there, or its instance's token, and no longer than it is told to")
  func waiting() async throws {
    let directory = ScratchDirectory()
    let environment = Deployment.environment(directory).merging([
      "FEDBROKER_LISTEN": "unix:\(directory.path)/fedbroker/fedbroker.sock"
    ]) { $1 }
    func health(_ arguments: [String]) throws -> LoggedProcess {
      try LoggedProcess(Deployment.binary, ["health"] + arguments, environment: environment)
    }
    let late = try health(["--wait", "200ms"])
    #expect(await late.exitStatus() == 1)
    #expect(late.standardError.hasPrefix("fedbroker: no daemon answers:"))
    let first = try health(["--wait", "10m"])
    let second = try health(["--wait", "10m", "--instance", "demo"])
    let daemon = try LoggedProcess(
      Deployment.binary, ["serve", "--emulate", "--instance-id", "demo"], environment: environment)
    #expect(await first.exitStatus() == 0)
    #expect(await second.exitStatus() == 0)
    let unknown = try health(["--instance", "dmeo"])
    #expect(await unknown.exitStatus() == 1)
    #expect(unknown.standardError.hasSuffix("Did you mean demo?\n"))
    let wrong = try health(["--wait", "soon"])
    #expect(await wrong.exitStatus() == 64)
    daemon.signal(SIGTERM)
    await daemon.exitStatus()
  }

  @Test("The status without an instance says what that means")
  func nothing() async throws {
    let deployment = try await Deployment()
    let result = try await shell("fedbroker status", deployment)
    #expect(result.output.hasPrefix("The daemon answers, and holds no token yet"))
    await deployment.stop()
  }

  @Test(
    "Completion in bash knows commands, options, instances and choices",
    arguments: [
      ("fedbroker st", "status"), ("fedbroker sign-in ", "demo"), ("fedbroker watch d", "demo"),
      ("fedbroker serve --log-format ", "json"), ("fedbroker serve --log-level w", "warning"),
      ("fedbroker env --shell f", "fish"), ("fedbroker watch demo --output ", "table"),
      ("fedbroker get-federation-token --instance-id ", "demo"), ("fedbroker get-federation-token --output ", "text"),
      ("fedbroker get-federation-token --en", "--endpoint-url"), ("fedbroker status --c", "--config"),
    ])
  func completion(line: String, expected: String) async throws {
    let deployment = try await Deployment(serve: ["--instance-id", "demo"])
    let words = line.split(separator: " ", omittingEmptySubsequences: false).map { "'\($0)'" }
    let script = """
      source <(fedbroker --generate-completion-script bash)
      COMP_WORDS=(\(words.joined(separator: " "))) COMP_CWORD=\(words.count - 1) COMP_LINE='\(line)' COMP_POINT=\(line.count)
      _fedbroker fedbroker "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let result = try await shell(script, deployment, "bash")
    let replies = result.output.split(separator: "\n").map { $0.split(separator: " ").first ?? $0 }
    #expect(replies.contains { $0 == expected }, "\(result)")
    await deployment.stop()
  }
}
