import FoundationEssentials
import Glibc
import JSON
import Secrets
import TestSupport
import Testing

/// Rules, bearer tokens by name and the audit log, of the real binary, asked by other users of this machine.
@Suite(.timeLimit(.minutes(10)), .enabled(if: geteuid() == 0, "needs root"))
struct AccessTests {
  private static let rules = """
    [instances.sales]
    id = "11111111-2222-3333-4444-555555555555"
    [instances.support]
    id = "66666666-7777-8888-9999-000000000000"

    """

  /// The status of a request of another user: by the socket, or by TCP with a bearer token.
  private static func status(
    as user: Int, _ path: String, at target: [String], method: String = "GET"
  ) async throws -> String {
    try await LoggedProcess.run(
      "setpriv",
      ["--reuid", "\(user)", "--regid", "\(user)", "--clear-groups", "curl", "--silent", "--output", "/dev/null"]
        + ["--write-out", "%{http_code}", "--request", method] + target.dropLast() + ["\(target.last ?? "")\(path)"],
      environment: ["PATH": "/usr/bin:/bin"]
    ).output
  }

  private struct Running {
    let deployment: Deployment
    let directory = ScratchDirectory()
    var socket: [String] { ["--unix-socket", "\(directory.path)/s", "http://localhost"] }
    var audit: String { "\(directory.path)/audit.jsonl" }

    init(_ configuration: (ScratchDirectory) -> String) async throws {
      chmod(directory.path, 0o755)
      deployment = try await Deployment(
        serve: ["--listen", "unix:\(directory.path)/s"], configuration: configuration(directory))
    }

    func tcp(_ token: String) -> [String] {
      ["--header", "Authorization: Bearer \(token)", "http://\(deployment.address)"]
    }

    func lines() throws -> [JSONValue] {
      try String(contentsOfFile: audit, encoding: .utf8).split(separator: "\n").map {
        try JSONValue(parsing: String($0))
      }
    }
  }

  @Test("Users have the rights of their rules, by the socket and by TCP, and others' tokens do not change that")
  func users() async throws {
    let running = try await Running { _ in
      """
      socket_users = [12345, 12346]
      [[access]]
      users = [12345]
      instances = ["sales"]
      may = ["token", "state"]
      \(Self.rules)
      """
    }
    let token = running.deployment.token.exposed
    for target in [running.socket, running.tcp(token)] {
      #expect(try await Self.status(as: 12345, "/v1/instances/sales/token", at: target) == "200")
      #expect(try await Self.status(as: 12345, "/v1/instances/support/token", at: target) == "403")
      #expect(try await Self.status(as: 12345, "/v1/instances/sales/refresh", at: target, method: "POST") == "403")
      #expect(try await Self.status(as: 12345, "/v1/instances/none/token", at: target) == "403")
      #expect(try await Self.status(as: 12346, "/v1/instances/sales/token", at: target) == "403")
      #expect(try await Self.status(as: 0, "/v1/instances/support/token", at: target) == "200")
    }
    // A rule admits nobody whom section 6 keeps out.
    #expect(try await Self.status(as: 12347, "/v1/instances/sales/token", at: running.socket) == "403")
    #expect(try await Self.status(as: 12345, "/v1/instances/sales/token", at: running.tcp("wrong")) == "401")
    // The rules of a reload are in force at once.
    running.deployment.directory.write(
      "fedbroker.toml", "socket_users = [12345, 12346]\n[[access]]\nusers = [12346]\n\(Self.rules)")
    running.deployment.daemon.signal(SIGHUP)
    try await running.deployment.daemon.line(containing: ": reloaded ")
    #expect(try await Self.status(as: 12345, "/v1/instances/sales/token", at: running.socket) == "403")
    #expect(try await Self.status(as: 12346, "/v1/instances/support/token", at: running.socket) == "200")
    #expect(running.deployment.daemon.standardError.contains("key=access[1].users"))
    await running.deployment.stop()
  }

  @Test(
    "A bearer token of its own is made at start, has its rules, signs under its name, and is read again when it changes"
  )
  func namedToken() async throws {
    let running = try await Running { directory in
      """
      [[access]]
      tokens = ["desk"]
      instances = ["sales"]
      [tokens.desk]
      file = "\(directory.path)/desk/token"
      group = "12350"
      \(Self.rules)
      """
    }
    let file = "\(running.directory.path)/desk/token"
    let token = try String(contentsOfFile: file, encoding: .utf8)
    var status = stat()
    #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o640 && status.st_gid == 12350)
    #expect(token.utf8.count == 43 && token != running.deployment.token.exposed)
    #expect(try await Self.status(as: 12345, "/v1/instances/sales/token", at: running.tcp(token)) == "200")
    #expect(try await Self.status(as: 12345, "/v1/instances/support/token", at: running.tcp(token)) == "403")
    let signed = [
      "--aws-sigv4", "aws:amz:us-east-1:connect", "--user", "desk:\(token)", "http://\(running.deployment.address)",
    ]
    let path = "/user/federate/11111111-2222-3333-4444-555555555555"
    #expect(try await Self.status(as: 12345, path, at: signed) == "200")
    let wrong = signed.map { $0.hasPrefix("desk:") ? "desk:\(running.deployment.token.exposed)" : $0 }
    #expect(try await Self.status(as: 12345, path, at: wrong) == "403")
    let other = String(repeating: "b", count: 43)
    running.directory.write("desk/token", other)
    try await running.deployment.daemon.line(containing: "the token file has changed")
    #expect(try await Self.status(as: 12345, "/v1/instances/sales/token", at: running.tcp(other)) == "200")
    #expect(try await Self.status(as: 12345, "/v1/instances/sales/token", at: running.tcp(token)) == "401")
    #expect(!running.deployment.daemon.standardError.contains(token))
    await running.deployment.stop()
  }

  @Test("The audit log names who got which token, by the socket and by TCP, and who was refused")
  func audit() async throws {
    let running = try await Running { directory in
      "socket_users = [12345]\n[audit]\nfile = \"\(directory.path)/audit.jsonl\"\n\(Self.rules)"
    }
    let token = running.deployment.token.exposed
    for target in [running.socket, running.tcp(token)] {
      for _ in 0..<3 { #expect(try await Self.status(as: 12345, "/v1/instances/sales/token", at: target) == "200") }
    }
    for _ in 0..<20 {
      #expect(try await Self.status(as: 12399, "/v1/instances/sales/token", at: running.socket) == "403")
    }
    running.deployment.daemon.signal(SIGHUP)
    try await running.deployment.daemon.line(containing: ": reloaded ")
    #expect(running.deployment.daemon.standardError.split(separator: "\n").count { $0.contains(": refused ") } == 1)
    await running.deployment.stop()
    let lines = try running.lines()
    #expect(lines.map { $0["event"]?.string } == ["start", "token", "token", "refusal", "reload", "refusal"])
    #expect(lines[1]["uid"] == .number("12345") && lines[1]["program"]?.string == "curl" && lines[1]["bearer"] == .null)
    #expect(lines[2]["uid"] == .number("12345") && lines[2]["bearer"]?.string == "fedbroker")
    #expect(lines[2]["transport"]?.string == "tcp" && lines[2]["token"]?.string == lines[1]["token"]?.string)
    #expect(lines[3]["uid"] == .number("12399") && lines[3]["count"] == .number("1"))
    #expect(lines[5]["count"] == .number("19") && lines[5]["reason"]?.string == "peer")
    let text = try String(contentsOfFile: running.audit, encoding: .utf8)
    running.deployment.expectNoSecrets(in: text)
  }

  @Test("A log that must be written and cannot be stops the start, and a reload, with its key")
  func required() async throws {
    let directory = ScratchDirectory()
    let file = directory.write("fedbroker.toml", "[audit]\nfile = \"/proc/none/audit\"\nrequired = true\n")
    let result = try await LoggedProcess.run(
      Deployment.binary, ["serve", "--emulate", "--config", file, "--listen", "127.0.0.1:0"],
      environment: Deployment.environment(directory))
    #expect(result.status == EX_CONFIG && result.error.contains("audit.file: open: No such file or directory"))
  }

  @Test("check-config names each user, group, token and instance that there is not")
  func checkConfig() async throws {
    let directory = ScratchDirectory()
    let file = directory.write(
      "fedbroker.toml",
      """
      [instances.sales]
      id = "i"
      [[access]]
      users = ["no-such-user"]
      groups = ["no-such-group"]
      tokens = ["dseks"]
      instances = ["sale"]
      """)
    let result = try await LoggedProcess.run(
      Deployment.binary, ["check-config", file], environment: Deployment.environment(directory))
    #expect(result.status == EX_CONFIG)
    for key in ["users", "groups", "tokens", "instances"] { #expect(result.error.contains("access[1].\(key) = ")) }
  }
}
