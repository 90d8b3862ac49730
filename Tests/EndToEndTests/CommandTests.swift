import AWS
import FoundationEssentials
import Glibc
import LocalHTTP
import Outbound
import Secrets
import TestSupport
import Testing

/// `get-federation-token`, `env` and `exec` beside a daemon.
@Suite(.timeLimit(.minutes(10)))
struct CommandTests {
  private let query = ["get-federation-token", "--instance-id", "demo", "--query", "UserId", "--output", "text"]

  private func environment(
    _ deployment: Deployment, _ changes: [String: String] = [:]
  ) -> [String: String] {
    Deployment.environment(deployment.directory).merging([
      "FEDBROKER_LISTEN": deployment.address, "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
      "AWS_ENDPOINT_URL_CONNECT": "http://\(deployment.emulatorAddress)",
    ]) { $1 }.merging(changes) { $1 }
  }

  private func run(
    _ deployment: Deployment, _ arguments: [String], _ changes: [String: String] = [:]
  ) async throws -> (status: Int32, output: String, error: String) {
    try await LoggedProcess.run(
      Deployment.binary, arguments, environment: environment(deployment, changes))
  }

  @Test("A thousand calls in the AWS CLI's way make one call upstream")
  func thousandCalls() async throws {
    let deployment = try await Deployment()
    let transport = CurlTransport()
    let path = "/user/federate/demo"
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let fields = SigV4.fields(
      signing: SigV4.Request(method: "GET", path: path, fields: [("Host", Secret(deployment.address))]),
      credentials: AWSCredentials(accessKeyID: "fedbroker", secretAccessKey: deployment.token, source: "test"),
      region: "us-east-1", service: "connect", date: Int64(now.tv_sec))
    let request = TransportRequest(
      method: "GET", url: "http://\(deployment.address)\(path)", fields: fields, bypassesProxy: true)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<990 { group.addTask { try await transport.send(request).status == 200 } }
      for _ in 0..<10 { group.addTask { try await run(deployment, query).output == "emulated-agent\n" } }
      for try await isAnswered in group { #expect(isAnswered) }
    }
    #expect(deployment.upstreamCalls == 1)
    await deployment.stop()
  }

  @Test("Over TCP the command signs, and the token never goes out")
  func overTCP() async throws {
    let deployment = try await Deployment()
    #expect(try await run(deployment, query).output == "emulated-agent\n")
    let impostor = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.respond(#"{"UserId":"impostor"}"#)
    }
    let broker = "http://127.0.0.1:\(impostor.port)"
    let refused = try await run(deployment, query + ["--broker", broker])
    #expect(refused.status == 255)
    #expect(refused.output.isEmpty)
    #expect(refused.error.contains("does not prove that it has the token"))
    let request = try #require(impostor.requests.first)
    #expect(request.contains("Authorization: AWS4-HMAC-SHA256 Credential=fedbroker/"))
    #expect(!request.contains(deployment.token.exposed))
    await deployment.stop()
  }

  @Test("A daemon with other credentials is passed over")
  func otherIdentity() async throws {
    let deployment = try await Deployment()
    let other = try await run(
      deployment, query, ["AWS_ACCESS_KEY_ID": "AKIDOTHER", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1"])
    #expect(other.status == 255)
    #expect(other.error.contains("An error occurred (UnrecognizedClientException)"))
    let own = try await run(
      deployment, query, ["AWS_ACCESS_KEY_ID": Deployment.accessKeyID, "AWS_SECRET_ACCESS_KEY": "not even looked at"])
    #expect(own.output == "emulated-agent\n")
    let named = try await run(
      deployment, query + ["--broker", "http://\(deployment.address)"], ["AWS_ACCESS_KEY_ID": "AKIDOTHER"])
    #expect(named.output == "emulated-agent\n")
    await deployment.stop()
  }

  @Test("A daemon that is named and not there is an error, one that is not named is not missed")
  func noDaemon() async throws {
    let deployment = try await Deployment()
    let named = try await run(deployment, query + ["--broker", "unix:/nonexistent/socket"])
    #expect(named.status == 255)
    #expect(named.error.contains("no daemon answers"))
    let keys = [
      "AWS_ACCESS_KEY_ID": Deployment.accessKeyID, "AWS_SECRET_ACCESS_KEY": Deployment.secretAccessKey,
      "AWS_REGION": "us-east-1", "FEDBROKER_LISTEN": "unix:/nonexistent/socket", "XDG_RUNTIME_DIR": "/nonexistent",
      "HOME": "/nonexistent",
    ]
    let direct = try await run(deployment, query, keys)
    #expect(direct.output == "emulated-agent\n")
    #expect(direct.error.isEmpty)
    await deployment.stop()
  }

  @Test("Debugging shows the request and no secret")
  func debug() async throws {
    let deployment = try await Deployment()
    let result = try await run(
      deployment, query + ["--debug"],
      [
        "AWS_ACCESS_KEY_ID": Deployment.accessKeyID, "AWS_SECRET_ACCESS_KEY": Deployment.secretAccessKey,
        "AWS_SESSION_TOKEN": "canary-session-token", "AWS_REGION": "us-east-1",
      ])
    #expect(result.output == "emulated-agent\n")
    #expect(result.error.hasPrefix("debug: asking AWS: --debug\n"))
    #expect(result.error.contains("debug: canonical request:\ndebug: GET\ndebug: /user/federate/demo\n"))
    #expect(result.error.contains("debug: status 200 after "))
    #expect(!result.error.contains("canary-session-token"))
    #expect(!result.error.contains("Signature="))
    deployment.expectNoSecrets(in: result.error)
    await deployment.stop()
  }

  @Test("What goes wrong on the way to AWS is said in botocore's words")
  func transportErrors() async throws {
    let silent = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.waitForClose()
    }
    let plain = LoopbackServer { $0.write("HTTP/1.1 400 Bad Request\r\n\r\n") }
    let cases = [
      (
        "http://127.0.0.1:\(silent.port)",
        "\nRead timeout on endpoint URL: \"http://127.0.0.1:\(silent.port)/user/federate/demo\"\n"
      ),
      (
        "https://127.0.0.1:\(plain.port)",
        "\nSSL validation failed for https://127.0.0.1:\(plain.port)/user/federate/demo "
      ),
    ]
    let directory = ScratchDirectory()
    for (endpoint, text) in cases {
      let result = try await LoggedProcess.run(
        Deployment.binary, query + ["--endpoint-url", endpoint, "--cli-read-timeout", "1"],
        environment: Deployment.environment(directory).merging([
          "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1",
          "AWS_MAX_ATTEMPTS": "1",
        ]) { $1 })
      #expect(result.status == 255)
      #expect(result.error.hasPrefix(text), "\(result.error)")
    }
  }

  @Test("Interrupted, the command ends as the AWS CLI does")
  func interruption() async throws {
    let silent = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.waitForClose()
    }
    let directory = ScratchDirectory()
    let process = try LoggedProcess(
      Deployment.binary, query + ["--debug", "--endpoint-url", "http://127.0.0.1:\(silent.port)"],
      environment: Deployment.environment(directory).merging([
        "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1",
      ]) { $1 })
    _ = try await process.line(containing: "debug: canonical request:")
    process.signal(SIGINT)
    #expect(await process.exitStatus() == 130)
    #expect(process.standardOutput == "\n")
  }

  @Test("Version and help are fedbroker's own")
  func ownTexts() async throws {
    let directory = ScratchDirectory()
    for (arguments, text) in [(["--version"], "fedbroker "), (["help"], "NAME\n       get-fed")] {
      let result = try await LoggedProcess.run(
        Deployment.binary, ["get-federation-token"] + arguments, environment: Deployment.environment(directory))
      #expect(result.status == 0)
      #expect(result.output.hasPrefix(text))
    }
  }

  @Test("help is a manual page with each option, and is paged on a terminal")
  func manualPage() async throws {
    let directory = ScratchDirectory()
    func help(_ pager: String?, onTerminal: Bool) async throws -> String {
      let command = "'\(Deployment.binary)' get-federation-token help"
      let environment = Deployment.environment(directory).merging(
        ["TERM": "xterm"].merging(pager.map { ["PAGER": $0] } ?? [:]) { $1 }
      ) { $1 }
      let words = onTerminal ? ["script", "-qec", command, "/dev/null"] : ["sh", "-c", command]
      let result = try await LoggedProcess.run("/usr/bin/env", words, environment: environment)
      #expect(result.status == 0, "\(result.error)")
      return result.output.replacing("\r\n", with: "\n")
    }
    let page = try await help("sed 's/^/paged: /'", onTerminal: false)
    for heading in ["NAME", "DESCRIPTION", "SYNOPSIS", "OPTIONS", "GLOBAL OPTIONS", "OUTPUT"] {
      #expect(page.contains("\(heading)\n       "), "\(heading)")
    }
    func names(_ prefix: String) -> [String] {
      page.split(separator: "\n").filter { $0.hasPrefix(prefix) }.compactMap { $0.firstMatch(of: /--[a-z0-9-]+/) }
        .map { String($0.output) }
    }
    #expect(names("       --").count >= 20)
    #expect(names("       --") == names("         --") + names("         ["))
    #expect(page.split(separator: "\n").allSatisfy { $0.count <= 80 })
    #expect(page.contains("root user"))
    let paged = try await help("sed 's/^/paged: /'", onTerminal: true)
    #expect(paged.hasPrefix("paged: NAME\n"))
    #expect(try await help("no-such-pager", onTerminal: true) == page)
  }

  @Test("exec gives one command the local key pair, and takes from it what would get in the way")
  func execution() async throws {
    let deployment = try await Deployment()
    let show =
      "echo $AWS_ENDPOINT_URL_CONNECT $AWS_ACCESS_KEY_ID ${AWS_SESSION_TOKEN-no} ${AWS_PROFILE-no} $NO_PROXY; exit 7"
    let result = try await run(
      deployment, ["exec", "--", "sh", "-c", show],
      ["AWS_SESSION_TOKEN": "token", "AWS_PROFILE": "sales", "NO_PROXY": "example.com"])
    #expect(result.status == 7)
    #expect(result.output == "http://\(deployment.address) fedbroker no no example.com,127.0.0.1\n")
    let missing = try await run(deployment, ["exec", "--", "no-such-command"])
    #expect(missing.status == 127)
    #expect(try await run(deployment, ["exec", "--"]).status == 64)
    await deployment.stop()
  }

  @Test("env prints what a shell can eval, and warns")
  func shell() async throws {
    let deployment = try await Deployment()
    let result = try await LoggedProcess.run(
      "/bin/sh",
      [
        "-c",
        #"eval "$(\#(Deployment.binary) env)" && echo $AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY ${AWS_PROFILE-no}"#,
      ], environment: environment(deployment, ["AWS_PROFILE": "sales"]))
    #expect(result.output == "fedbroker \(deployment.token.exposed) no\n")
    #expect(result.error.contains("other AWS calls of this shell will fail"))
    await deployment.stop()
  }

  @Test(
    "The AWS CLI asks the daemon by exec and by a profile, whatever proxy there is",
    .enabled(if: AWSCLI.isExpected, "no .venv with the AWS CLI"))
  func unchangedClient() async throws {
    let deployment = try await Deployment()
    let changes = [
      "AWS_ENDPOINT_URL_CONNECT": "http://127.0.0.1:1", "AWS_DEFAULT_REGION": "us-east-1",
      "HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1",
    ]
    let executed = try await run(deployment, ["exec", "--", AWSCLI.path, "connect"] + query, changes)
    #expect(executed.output == "emulated-agent\n", "\(executed.error)")
    let profile = try await run(deployment, ["env", "--profile", "cached"])
    #expect(profile.status == 0)
    let config = deployment.directory.write("config", profile.output)
    let named = try await LoggedProcess.run(
      AWSCLI.path, ["connect"] + query + ["--profile", "cached"],
      environment: Deployment.environment(deployment.directory).merging([
        "AWS_CONFIG_FILE": config, "AWS_DEFAULT_REGION": "us-east-1",
      ]) { $1 })
    #expect(named.output == "emulated-agent\n", "\(named.error)")
    #expect(deployment.upstreamCalls == 1)
    await deployment.stop()
  }
}
