import FoundationEssentials
import Glibc
import LocalHTTP
import TestSupport
import Testing

/// Programs of other users that listen where the daemon is expected.
@Suite(.timeLimit(.minutes(10)))
struct ImpostorTests {
  private static let sequences = "\u{1B}]0;owned\u{07}\u{9B}2J\u{7F}\u{202E}\u{2066}"
  /// The same as a JSON text can hold it.
  private static let escaped = #"\u001b]0;owned\u0007\u009b2J\u007f\u202e\u2066"#

  private let directory = ScratchDirectory()

  private func serve(_ arguments: [String]) throws -> LoggedProcess {
    try LoggedProcess(
      Deployment.binary, ["serve", "--emulate", "--instance-id", "demo"] + arguments,
      environment: Deployment.environment(directory))
  }

  private func run(
    _ arguments: [String], _ changes: [String: String] = [:]
  ) async throws -> (status: Int32, output: String, error: String) {
    try await LoggedProcess.run(
      Deployment.binary, arguments,
      environment: Deployment.environment(directory).merging(["AWS_EC2_METADATA_DISABLED": "true"]) { $1 }
        .merging(changes) { $1 })
  }

  private func stop(_ daemon: LoggedProcess) async {
    daemon.signal(SIGTERM)
    #expect(await daemon.exitStatus() == 0)
  }

  @Test("A request that was captured while the daemon was away opens nothing after its restart, a new one does")
  func captured() async throws {
    // An address at which no other program of this machine takes the port meanwhile.
    var daemon = try serve(["--listen", "127.77.7.7:0"])
    let address = try ListenAddress(
      parsing: Deployment.value("listen", in: try await daemon.line(containing: " ready ")))
    guard case .tcp(_, let port) = address else { return }
    await stop(daemon)

    let impostor = LoopbackServer(host: 0x7F4D_0707, port: port) { connection in
      _ = connection.readRequest()
      connection.respond("{}")
    }
    let federate = ["get-federation-token", "--instance-id", "demo", "--broker", "http://\(address)"]
    #expect(try await run(federate).status == 255)
    let request = try #require(impostor.requests.first)
    impostor.stop()

    daemon = try serve(["--listen", "\(address)"])
    try await daemon.line(containing: " ready ")
    let replayed = try await RawClient.with(address) { client in
      try client.send(request)
      return try client.readResponse()
    }
    #expect(replayed.status == 503)
    #expect(replayed.value("x-amzn-errortype") == "SignAgain")
    #expect(!replayed.text.contains("AccessToken"))
    // The first second of a restarted daemon is no error to people.
    let signed = try await run(federate + ["--query", "UserId", "--output", "text"])
    #expect(signed.output == "emulated-agent\n", "\(signed.error)")
    await stop(daemon)
  }

  @Test("A presigned request is refused, whenever it was made")
  func presigned() async throws {
    let daemon = try serve(["--listen", "127.0.0.1:0"])
    let address = try ListenAddress(
      parsing: Deployment.value("listen", in: try await daemon.line(containing: " ready ")))
    for query in ["X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00", "X%2DAmz-Algorithm=AWS4-HMAC-SHA256"] {
      let response = try await RawClient.with(address) { client in
        try client.send("GET /user/federate/demo?\(query) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return try client.readResponse()
      }
      #expect(response.status == 403)
    }
    await stop(daemon)
  }

  @Test("No command believes a program on the port that cannot prove that it has the token, or shows what it says")
  func unproven() async throws {
    directory.write("token", String(repeating: "t", count: 43))
    let impostor = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.respond(
        #"{"url":"http://evil.example/","expires_in":30,"detail":"\#(Self.escaped)","code":"impostor","#
          + #""UserId":"impostor","instances":[{"alias":"impostor","state":"live"}]}"#,
        status: "200 OK", fields: "Fedbroker-Proof: \(String(repeating: "0", count: 64))\r\n")
    }
    let broker = ["--broker", "http://127.0.0.1:\(impostor.port)"]
    let commands: [(arguments: [String], status: Int32)] = [
      (["status"], 69), (["status", "--json"], 69), (["status", "--web"], 69), (["health"], 1),
      (["sign-in", "demo", "--print"], 69), (["sign-in", "demo"], 69), (["env"], 69),
      (["get-federation-token", "--instance-id", "demo"], 255),
    ]
    for (arguments, status) in commands {
      let result = try await run(
        arguments + broker, ["FEDBROKER_TOKEN_FILE": "\(directory.path)/token", "PATH": "/nonexistent"])
      #expect(result.status == status, "\(arguments)")
      #expect(!(result.output + result.error).contains("impostor"), "\(arguments)")
      #expect(result.error.contains("does not prove that it has the token of \(directory.path)/token"), "\(arguments)")
      expectNoSequences(result)
    }
    let executed = try await run(
      ["exec"] + broker + ["--", "/bin/echo", "executed"], ["FEDBROKER_TOKEN_FILE": "\(directory.path)/token"])
    #expect(executed.status == 69)
    #expect(executed.output.isEmpty)
    #expect(impostor.connectionCount == 9)
  }

  @Test("An answer that is changed on its way is refused, and so is another answer's proof")
  func changed() async throws {
    let daemon = try serve(["--listen", "127.0.0.1:0"])
    let address = try ListenAddress(
      parsing: Deployment.value("listen", in: try await daemon.line(containing: " ready ")))
    @Sendable func genuine(_ connection: LoopbackServer.Connection) -> RawClient.Response? {
      guard let request = connection.readRequest(), let client = try? RawClient(address) else { return nil }
      try? client.send(request)
      return try? client.readResponse()
    }
    @Sendable func relay(_ response: RawClient.Response, status: String = "200 OK", _ body: String) -> String {
      "HTTP/1.1 \(status)\r\nFedbroker-Proof: \(response.value("fedbroker-proof") ?? "")\r\n"
        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
    func query(_ answer: @escaping @Sendable (RawClient.Response) -> String) async throws -> String {
      let impostor = LoopbackServer { connection in
        if let response = genuine(connection) { connection.write(answer(response)) }
      }
      return try await run([
        "get-federation-token", "--instance-id", "demo", "--query", "UserId", "--output", "text", "--broker",
        "http://127.0.0.1:\(impostor.port)",
      ]).output
    }
    #expect(try await query { relay($0, $0.text) } == "emulated-agent\n")
    #expect(try await query { relay($0, $0.text.replacing("emulated-agent", with: "other-agent")) }.isEmpty)
    #expect(try await query { relay($0, status: "201 Created", $0.text) }.isEmpty)
    await stop(daemon)
  }

  @Test("Text of a daemon reaches the terminal without control characters and changes of direction")
  func controlSequences() async throws {
    // At a unix socket of this user's own, where the peer is the proof.
    let path = "\(directory.path)/s"
    let unix = LoopbackServer(path: path) { connection in
      guard let request = connection.readRequest() else { return }
      let body =
        request.hasPrefix("GET /v1/instances ")
        ? #"{"instances":[{"alias":"\#(Self.escaped)","state":"\#(Self.escaped)","#
          + #""last_error":{"code":"\#(Self.escaped)","detail":"\#(Self.sequences.filter { $0 > " " })"}}]}"#
        : #"{"message":"\#(Self.escaped)","detail":"\#(Self.escaped)","code":"\#(Self.escaped)"}"#
      connection.respond(
        body, status: request.hasPrefix("GET /v1/instances ") ? "200 OK" : "502 Bad Gateway",
        fields: "x-amzn-ErrorType: \(Self.sequences.filter { $0 > "\u{80}" })\r\n")
    }
    for arguments in [
      ["status"], ["status", "--json"], ["health"], ["sign-in", "demo", "--print"], ["status", "--web"],
      ["get-federation-token", "--instance-id", "demo"],
    ] {
      let result = try await run(arguments + ["--broker", "unix:\(path)"])
      #expect((result.output + result.error).contains("owned"), "\(arguments)")
      expectNoSequences(result)
    }
    unix.stop()
  }

  private func expectNoSequences(
    _ result: (status: Int32, output: String, error: String), sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let shown = (result.output + result.error).unicodeScalars
    let isClean = shown.allSatisfy { scalar in
      scalar == "\n" || ![.control, .format].contains(scalar.properties.generalCategory)
    }
    #expect(isClean, "a control character is shown", sourceLocation: sourceLocation)
  }

  @Test("localhost is the loopback address at which the daemon answers and proves itself")
  func localhost() async throws {
    let impostor = LoopbackServer { connection in
      _ = connection.readRequest()
      connection.respond(#"{"UserId":"impostor"}"#)
    }
    let daemon = try serve(["--listen", "[::1]:\(impostor.port)"])
    try await daemon.line(containing: " ready ")
    let broker = ["--broker", "http://localhost:\(impostor.port)"]
    let query = ["get-federation-token", "--instance-id", "demo", "--query", "UserId", "--output", "text"]
    #expect(try await run(query + broker).output == "emulated-agent\n")
    let shown = try await run(["exec"] + broker + ["--", "sh", "-c", "echo $AWS_ENDPOINT_URL_CONNECT"])
    #expect(shown.output == "http://[::1]:\(impostor.port)\n")
    #expect(impostor.connectionCount == 2)
    await stop(daemon)
  }

  @Test(
    "By default both loopback addresses are served, and one where IPv6 is off, without a word",
    .enabled(if: geteuid() == 0, "needs root"), arguments: [true, false])
  func defaults(hasVersion6: Bool) async throws {
    // A network of its own, so that the port is free.
    let script = """
      python3 -c 'import fcntl,socket,struct
      fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh", b"lo", 0x49))'
      \(hasVersion6 ? "" : "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6")
      exec '\(Deployment.binary)' serve --emulate --config '\(directory.write("empty.toml", ""))'
      """
    let daemon = try LoggedProcess(
      "unshare", ["--net", "sh", "-ec", script], environment: Deployment.environment(directory))
    let ready = try await daemon.line(containing: " ready ")
    let unix = "unix:\(directory.path)/fedbroker/fedbroker.sock"
    #expect(
      try Deployment.value("listen", in: ready)
        == (hasVersion6 ? "127.0.0.1:2776,[::1]:2776," : "127.0.0.1:2776,") + unix)
    await stop(daemon)
    #expect(!daemon.standardError.contains("warning"))
    #expect(!daemon.standardError.contains("error"))
  }

  @Test("A program that is not ours can check the proof by what the documents say")
  func documentedProof() async throws {
    let daemon = try serve(["--listen", "127.0.0.1:0"])
    let address = try Deployment.value("listen", in: try await daemon.line(containing: " ready "))
    let script = """
      import datetime, gzip, hashlib, hmac, http.client, sys
      authority, token = sys.argv[1], open(sys.argv[2]).read().strip()
      sha = lambda data: hashlib.sha256(data).hexdigest()
      mac = lambda key, text: hmac.new(key, text.encode(), hashlib.sha256)
      def ask(method, path, **extra):
          now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
          scope = f"{now[:8]}/us-east-1/connect/aws4_request"
          canonical = f"{method}\\n{path}\\n\\nhost:{authority}\\nx-amz-date:{now}\\n\\nhost;x-amz-date\\n{sha(b'')}"
          key = ("AWS4" + token).encode()
          for part in scope.split("/"): key = mac(key, part).digest()
          signature = mac(key, f"AWS4-HMAC-SHA256\\n{now}\\n{scope}\\n{sha(canonical.encode())}").hexdigest()
          connection = http.client.HTTPConnection(authority)
          connection.request(method, path, headers={"X-Amz-Date": now, "Authorization":
              f"AWS4-HMAC-SHA256 Credential=fedbroker/{scope}, SignedHeaders=host;x-amz-date, Signature={signature}", **extra})
          answer = connection.getresponse()
          content = answer.read()
          if answer.headers["Content-Encoding"] == "gzip": content = gzip.decompress(content)
          text = f"fedbroker-proof\\n{signature}\\n{answer.status}\\n{sha(content)}"
          proof = mac(token.encode(), text).hexdigest()
          print(method, answer.status, answer.headers["Content-Encoding"], answer.headers["Fedbroker-Proof"] == proof)
      ask("GET", "/user/federate/demo")
      ask("GET", "/v1/instances/demo/token", **{"Accept-Encoding": "gzip"})
      ask("HEAD", "/v1/instances/demo/token")
      ask("DELETE", "/v1/instances/demo/token")
      ask("GET", "/v1/instances/other/token")
      """
    let result = try await LoggedProcess.run(
      "python3", ["-c", script, address, "\(directory.path)/fedbroker/token"], environment: ["PATH": "/usr/bin:/bin"])
    #expect(
      result.output == """
        GET 200 None True
        GET 200 gzip True
        HEAD 200 None True
        DELETE 204 None True
        GET 404 None True

        """, "\(result.error)")
    await stop(daemon)
  }
}
