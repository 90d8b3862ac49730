import FoundationEssentials
import Glibc
import Secrets
import TestSupport
import Testing

/// Other people's clients against the real binary.
@Suite(.timeLimit(.minutes(10)))
struct ClientTests {
  private let path = "/v1/instances/demo/token"

  private func curl(_ deployment: Deployment, _ arguments: [String], hasToken: Bool = true) async throws -> (
    status: Int32, output: String, error: String
  ) {
    let token = hasToken ? ["-H", "Authorization: Bearer \(deployment.token.exposed)"] : []
    return try await LoggedProcess.run(
      "curl", ["--silent", "--show-error", "--noproxy", "*", "--max-time", "30"] + token + arguments,
      environment: ["PATH": "/usr/bin:/bin"])
  }

  @Test("curl gets tokens by each way there is")
  func curl() async throws {
    let socket = "unix:" + ScratchDirectory().path + "-s"
    let deployment = try await Deployment(serve: ["--listen", "[::1]:0", "--listen", socket, "--instance-id", "demo"])
    let url = "http://\(deployment.address)\(path)"
    let plain = try await curl(deployment, [url])
    #expect(plain.status == 0)
    #expect(plain.output.hasPrefix(#"{"Credentials":{"AccessToken":""#))

    let compressed = try await curl(deployment, ["--compressed", "--include", url])
    #expect(compressed.output.hasSuffix("\r\n\r\n\(plain.output)"))
    #expect(compressed.output.contains("Content-Encoding: gzip\r\n"))
    #expect(compressed.output.contains("Vary: Accept-Encoding\r\n"))

    let ready = try await deployment.daemon.line(containing: " ready ")
    let addresses = try Deployment.value("listen", in: ready).split(separator: ",").map(String.init)
    #expect(addresses.count == 3)
    let version6 = try await curl(deployment, ["-g", "http://\(addresses[1])\(path)"])
    #expect(version6.output == plain.output)
    let unix = try await curl(
      deployment, ["--unix-socket", String(socket.dropFirst("unix:".count)), "http://localhost\(path)"], hasToken: false
    )
    #expect(unix.output == plain.output)

    let head = try await curl(deployment, ["--head", url])
    #expect(head.output.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(head.output.contains("Content-Length: \(plain.output.utf8.count)\r\n"))
    for field in [
      "Cache-Control: no-store", "X-Content-Type-Options: nosniff", "Date: ", "Cache-Status: fedbroker; hit; ttl=",
    ] {
      #expect(head.output.contains("\r\n\(field)"))
    }
    let old = try await curl(deployment, ["--http1.0", url])
    #expect(old.output == plain.output)
    await deployment.stop()
  }

  @Test("curl posts and deletes, with a body of any framing")
  func otherMethods() async throws {
    let deployment = try await Deployment()
    let url = "http://\(deployment.address)/v1/instances/demo"
    let code = ["--output", "/dev/null", "--write-out", "%{http_code} %{num_connects}"]
    let bodies: [[String]] = [
      [], ["--data", "x"], ["--data", "x", "-H", "Transfer-Encoding: chunked"],
      ["--data-binary", String(repeating: "x", count: 60_000), "-H", "Expect: 100-continue"],
    ]
    for body in bodies {
      let refresh = try await curl(deployment, code + ["--request", "POST"] + body + ["\(url)/refresh"])
      #expect(refresh.output == "200 1")
    }
    let large = try await curl(
      deployment, code + ["--data-binary", "@/proc/self/exe", "-H", "Expect:", "\(url)/refresh"])
    #expect(large.output == "413 1")
    let delete = try await curl(deployment, code + ["--request", "DELETE", "\(url)/token"])
    #expect(delete.output == "204 1")
    await deployment.stop()
  }

  @Test("Without the token, from a page, through a proxy or under a foreign name there is no answer")
  func refused() async throws {
    let deployment = try await Deployment(serve: ["--instance-id", "demo"])
    let url = "http://\(deployment.address)\(path)"
    let code = ["--write-out", "%{http_code}"]
    let anonymous = try await curl(deployment, code + [url], hasToken: false)
    #expect(anonymous.output.hasSuffix("401"))
    for field in [
      "Host: attacker.example", "Origin: http://attacker.example", "Sec-Fetch-Site: cross-site", "Via: 1.1 proxy",
      "X-Forwarded-For: 10.0.0.1", "Forwarded;", "X-Forwarded-Host;",
    ] {
      let result = try await curl(deployment, code + ["-H", field, url])
      #expect(result.output.hasSuffix("403"))
      #expect(!result.output.contains("Credentials"))
    }
    await deployment.stop()
  }

  @Test("Another user of the machine gets no answer on the unix socket", .enabled(if: geteuid() == 0, "needs root"))
  func otherUser() async throws {
    let directory = ScratchDirectory()
    chmod(directory.path, 0o755)
    let socket = "\(directory.path)/s"
    let deployment = try await Deployment(
      serve: ["--listen", "unix:\(socket)", "--instance-id", "demo"], configuration: "socket_users = [\"12345\"]\n")
    func ask(as user: String) async throws -> String {
      try await LoggedProcess.run(
        "setpriv",
        [
          "--reuid", user, "--regid", user, "--clear-groups", "curl", "--silent", "--output", "/dev/null",
          "--write-out",
          "%{http_code}", "--unix-socket", socket, "http://localhost\(path)",
        ], environment: ["PATH": "/usr/bin:/bin"]
      ).output
    }
    #expect(try await ask(as: "12345") == "200")
    #expect(try await ask(as: "12346") == "403")
    #expect(try await ask(as: "65534") == "403")
    await deployment.stop()
  }

  @Test(
    "The AWS CLI's own call is accepted by the emulator, and refused with a wrong secret",
    .enabled(if: AWSCLI.isExpected, "no .venv with the AWS CLI"))
  func awsCLI() async throws {
    let (emulator, address) = try await Deployment.startEmulator([])
    func call(secret: String, id: String) async throws -> (status: Int32, output: String, error: String) {
      try await LoggedProcess.run(
        AWSCLI.path,
        [
          "connect", "get-federation-token", "--instance-id", id, "--region", "us-east-1", "--endpoint-url",
          "http://\(address)",
        ],
        environment: [
          "AWS_ACCESS_KEY_ID": Deployment.accessKeyID, "AWS_SECRET_ACCESS_KEY": secret, "HOME": "/nonexistent",
          "PATH": "/usr/bin:/bin",
        ])
    }
    for id in [
      "demo", "arn:aws:connect:us-east-1:123456789012:instance/66666666-7777-8888-9999-000000000000", "a b+é~%",
    ] {
      let accepted = try await call(secret: Deployment.secretAccessKey, id: id)
      #expect(accepted.status == 0, "\(accepted.error)")
      #expect(accepted.output.contains("\"AccessToken\": \"access.emulated-agent."))
    }
    let refused = try await call(secret: "wrong", id: "demo")
    #expect(refused.status == 255)
    #expect(refused.error.contains("(InvalidSignatureException) when calling the GetFederationToken operation"))
    emulator.signal(SIGKILL)
  }
}
