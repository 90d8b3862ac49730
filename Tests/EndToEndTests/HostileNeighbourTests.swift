import FoundationEssentials
import Glibc
import JSON
import LocalHTTP
import Outbound
import Secrets
import TestSupport
import Testing

/// What programs of the same machine that may not ask can take from those that may: memory, places, the token of others.
///
/// One test after another: some need most of the descriptors that a process may have.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct HostileNeighbourTests {
  private static let health = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
  private static let strangers = 1024
  /// What all of them may cost, in KiB.
  private static let mostMemory = 24 * 1024
  private static let patient = """
    [limits]
    max_admin_connections = 2000
    header_timeout = "5m"
    idle_timeout = "5m"
    admission_timeout = "5m"

    """

  init() {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  /// Of 31 KB a head, 97 KB a stranger.
  private static let requests: KeyValuePairs<String, String> = [
    "a head without an end": head("GET", "/v1/instances/demo/token"),
    "a body of a refused request":
      head("POST", "/v1/instances/demo/refresh", "Content-Length: 65536") + text(65_535),
    "a body in chunks":
      head("POST", "/v1/instances/demo/refresh", "Transfer-Encoding: chunked") + "FFFF\r\n" + text(65_534),
    "a trailer": head("POST", "/v1/instances/demo/refresh", "Transfer-Encoding: chunked") + "0\r\nX: " + text(31_000),
    "a body of an open route": head("POST", "/v1/status-page/key", "Content-Length: 4096") + text(4_095),
    "a body that an open route drops": head("GET", "/healthz", "Content-Length: 65536") + text(65_535),
    "a signed body":
      head(
        "PUT", "/users/demo",
        "Content-Length: 65536\r\nAuthorization: AWS4-HMAC-SHA256 Credential=fedbroker/20261126/us-east-1/connect/"
          + "aws4_request, SignedHeaders=host;x-amz-date, Signature=0") + text(65_535),
    "a path of slashes, answered": "GET /" + String(repeating: "/", count: 900) + "?"
      + String(repeating: "&", count: 60) + " HTTP/1.1\r\nHost: h\r\n\r\n",
    "requests behind others": String(repeating: health, count: 300)
      + String(repeating: "GET /v1/instances HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 1500),
  ]

  private static func head(_ method: String, _ target: String, _ fields: String? = nil) -> String {
    "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nX: \(text(31_000))\r\n" + (fields.map { $0 + "\r\n\r\n" } ?? "")
  }

  private static func text(_ count: Int) -> String { String(repeating: "x", count: count) }

  @Test(
    "What strangers send and do not finish costs little, and those who may ask are served", arguments: [false, true])
  func memory(isAdmin: Bool) async throws {
    for (name, request) in Self.requests {
      let deployment = try await Deployment(serve: ["--admin-listen", "127.0.0.1:0"], configuration: Self.patient)
      let address = try ListenAddress(
        parsing: isAdmin
          ? Deployment.value("admin_listen", in: try await deployment.daemon.line(containing: " ready "))
          : deployment.address)
      #expect(try await deployment.ask("GET", "/v1/instances/demo/token").status == 200)
      let before = try ProcessStatus(of: deployment.daemon).anonymousKilobytes
      let crowd = try await RawClient.onThread {
        try (0..<Self.strangers).map { _ in
          let client = try RawClient(address, receiveBuffer: 4096)
          // Of those who are told 503 before they are through, the rest is lost.
          try? client.send(request)
          return client
        }
      }
      // By then each connection has had its turn.
      for _ in 0..<3 { #expect(try await deployment.ask("GET", "/v1/instances/demo/token").status == 200) }
      let after = try ProcessStatus(of: deployment.daemon).anonymousKilobytes
      #expect(after - before < Self.mostMemory, "\(name): \(after - before) KiB")
      withExtendedLifetime(crowd) {}
      await deployment.stop()
    }
  }

  @Test("Of unfinished requests beyond 8 MiB the oldest is told 503, the newest is kept")
  func eviction() async throws {
    let deployment = try await Deployment(configuration: Self.patient)
    let address = try ListenAddress(parsing: deployment.address)
    let request = Self.head("GET", "/healthz")
    try await RawClient.onThread {
      let crowd = try (0..<400).map { _ in
        let client = try RawClient(address)
        try client.send(request)
        return client
      }
      let first = try crowd[0].readResponse()
      #expect(first.status == 503)
      #expect(try JSONValue(parsing: first.body)["code"]?.string == "Busy")
      #expect(first.value("retry-after") == "1")
      try crowd[399].send("\r\n")
      #expect(try crowd[399].readResponse().status == 200)
    }
    await deployment.stop()
  }

  @Test("Who may ask is decided before a body: it is dropped, framed, and the answer comes after it")
  func admission() async throws {
    let deployment = try await Deployment(serve: ["--instance-id", "demo"])
    let address = try ListenAddress(parsing: deployment.address)
    let token = deployment.token.exposed
    func head(_ fields: String, _ target: String = "/v1/instances/demo/refresh", version: String = "1.1") -> String {
      "POST \(target) HTTP/\(version)\r\nHost: localhost\r\n\(fields)\r\n\r\n"
    }
    let rows: [(sent: [String], status: Int, isClosed: Bool)] = [
      ([head("Content-Length: 5"), "he", "llo"], 401, false),
      ([head("Transfer-Encoding: chunked"), "5\r\nhello\r\n", "0\r\n\r\n"], 401, false),
      ([head("Transfer-Encoding: chunked"), "5\r\nhelloo\r\n"], 400, true),
      ([head("Content-Length: 65537")], 413, true),
      ([head("Expect: 100-continue\r\nContent-Length: 5")], 401, true),
      ([head("Expect: 100-continue\r\nContent-Length: 5") + "hello"], 401, false),
      ([head("Content-Length: 5", version: "1.0"), "hello"], 401, true),
      ([head("Content-Length: 5\r\nAuthorization: Bearer \(token)"), "hello"], 200, false),
      ([head("Content-Length: 65536\r\nAuthorization: Bearer \(token)"), Self.text(65_536)], 200, false),
      ([head("Content-Length: 4096", "/v1/status-page/key"), Self.text(4_096)], 400, false),
      ([head("Content-Length: 4097", "/v1/status-page/key")], 413, true),
    ]
    for row in rows {
      try await RawClient.with(address) { client in
        for part in row.sent { try client.send(part) }
        let response = try client.readResponse()
        #expect(response.status == row.status, "\(row.sent[0])")
        if row.isClosed {
          #expect(try client.readToEnd().isEmpty, "\(row.sent[0])")
        } else {
          try client.send(Self.health)
          #expect(try client.readResponse().status == 200, "\(row.sent[0])")
        }
      }
    }
    await deployment.stop()
  }

  @Test("A TCP connection without an admitted request is closed; one with one stays, and so does a unix socket's")
  func admissionTime() async throws {
    let socket = "unix:\(ScratchDirectory().path)-s"
    let deployment = try await Deployment(
      serve: ["--listen", socket], configuration: "[limits]\nadmission_timeout = \"500ms\"\n")
    let (tcp, unix) = (try ListenAddress(parsing: deployment.address), try ListenAddress(parsing: socket))
    try await RawClient.onThread {
      let quiet = try RawClient(unix)
      let admitted = try RawClient(tcp)
      try admitted.send(Self.health)
      #expect(try admitted.readResponse().status == 200)
      let idle = try RawClient(tcp)
      let refused = try RawClient(tcp)
      try refused.send("GET /v1/instances HTTP/1.1\r\nHost: localhost\r\n\r\n")
      #expect(try refused.readResponse().status == 401)
      let slow = try RawClient(tcp)
      try slow.send("GET / HT")
      #expect(try idle.readToEnd().isEmpty)
      #expect(try refused.readToEnd().isEmpty)
      #expect(try slow.readResponse().status == 408)
      for client in [quiet, admitted] {
        try client.send(Self.health)
        #expect(try client.readResponse().status == 200)
      }
    }
    await deployment.stop()
  }

  @Test(
    "Another user has a quarter of the places of TCP, of the unix socket and of the admin listener",
    .enabled(if: geteuid() == 0, "needs root"), arguments: ["tcp", "unix", "admin"])
  func places(kind: String) async throws {
    let directory = ScratchDirectory()
    chmod(directory.path, 0o755)
    let socket = "unix:\(directory.path)/s"
    let deployment = try await Deployment(
      serve: ["--listen", socket, "--admin-listen", "127.0.0.1:0"],
      configuration: "socket_users = [\"12345\"]\n[limits]\nmax_connections = 80\nadmission_timeout = \"5m\"\n")
    let text =
      switch kind {
      case "tcp": deployment.address
      case "unix": socket
      default: try Deployment.value("admin_listen", in: try await deployment.daemon.line(containing: " ready "))
      }
    let share = kind == "admin" ? 16 : 20
    // Those of the daemon's own user, and root's, come and go without a count.
    let own = try await RawClient.onThread {
      try (0..<share).map { _ in
        let client = try RawClient(ListenAddress(parsing: text))
        try client.send(Self.health)
        #expect(try client.readResponse().status == 200)
        return client
      }
    }
    let neighbour = try LoggedProcess(
      "setpriv",
      ["--reuid", "12345", "--regid", "12345", "--clear-groups", "python3", "-c", Self.crowd, text, "120"],
      environment: ["PATH": "/usr/bin:/bin"])
    #expect(try await neighbour.line(containing: "served").contains("served \(share) refused \(120 - share)"))
    try await RawClient.with(ListenAddress(parsing: text)) { client in
      try client.send(Self.health)
      #expect(try client.readResponse().status == 200)
    }
    neighbour.signal(SIGKILL)
    await neighbour.exitStatus()
    withExtendedLifetime(own) {}
    await deployment.stop()
  }

  /// Opens connections, asks on each, says how many were answered, and keeps those.
  private static let crowd = """
    import signal, socket, sys
    address, count = sys.argv[1], int(sys.argv[2])
    held, refused = [], 0
    for _ in range(count):
        if address.startswith("unix:"):
            client = socket.socket(socket.AF_UNIX)
            client.connect(address[5:])
        else:
            client = socket.create_connection(address.rsplit(":", 1))
        try:
            client.sendall(b"GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
            answer = client.recv(4096)
        except OSError:
            answer = b""
        if answer.startswith(b"HTTP/1.1 200"):
            held.append(client)
        else:
            refused += 1
            client.close()
    print(f"served {len(held)} refused {refused}", file=sys.stderr, flush=True)
    signal.pause()
    """

  @Test("The share of a user can be set, and holds for every user then")
  func configuredShare() async throws {
    let deployment = try await Deployment(configuration: "[limits]\nmax_connections_per_user = 2\n")
    let address = try ListenAddress(parsing: deployment.address)
    try await RawClient.onThread {
      let held = try (0..<2).map { _ in
        let client = try RawClient(address)
        try client.send(Self.health)
        #expect(try client.readResponse().status == 200)
        return client
      }
      #expect(try RawClient(address).readResponse().status == 503)
      withExtendedLifetime(held) {}
    }
    await deployment.stop()
  }

  @Test("Nothing of a head is left in memory once its connection is closed", .enabled(if: geteuid() == 0, "needs root"))
  func wiping() async throws {
    let deployment = try await Deployment(serve: ["--instance-id", "demo"])
    try await deployment.daemon.line(containing: "fetched a token")
    let address = try ListenAddress(parsing: deployment.address)
    @Sendable func marker(_ number: Int) -> String { "mark\(number)-" + String(repeating: "5ecret", count: 4) }
    let head = "GET /v1/instances/demo/token HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
    let token = deployment.token.exposed
    let long = String(repeating: "x", count: 3000)
    try await RawClient.onThread {
      // In one piece, twice, in pieces that make the buffer grow, behind another, refused, and one that never ends.
      for sent in [
        ["\(head)\(token)\r\nX: \(marker(0))\r\n\r\n"],
        ["\(head)\(token)\r\nX: \(marker(1))\r\n\r\n\(head)\(token)\r\nX: \(marker(1))\r\n\r\n"],
        ["\(head)\(token)\r\nX: \(marker(2))\r\nY: \(long)", long, "\(long)\r\n\r\n"],
        ["\(head)\(token)\r\n\r\n\(head)\(token)\r\nX: \(marker(3))\r\n\r\n"],
        ["\(head)\(marker(4))\r\n\r\n"], ["\(head)\(marker(5))"],
        ["POST /v1/status-page/key HTTP/1.1\r\nHost: h\r\nContent-Length: 40\r\n\r\n", marker(6) + "          "],
        ["POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: \(marker(7))"],
      ] {
        let client = try RawClient(address)
        for part in sent { try client.send(part) }
        client.finishSending()
        _ = try? client.readToEnd()
      }
      // What was read last of all is another's.
      let other = try RawClient(address)
      try other.send(Self.health)
      #expect(try other.readResponse().status == 200)
    }
    let searched = (0..<8).map(marker) + ["fedbroker_request_duration_seconds"]
    let found = try await LoggedProcess.run(
      "python3", ["-c", Self.search, "\(deployment.daemon.identifier)"] + searched,
      environment: ["PATH": "/usr/bin:/bin"])
    // The name of a metric is there, so that the search proves something.
    #expect(found.output == "fedbroker_request_duration_seconds\n", "\(found.error)")
    await deployment.stop()
  }

  /// Prints those of some texts that are in the memory that a process may write to.
  private static let search = """
    import sys
    process, searched = sys.argv[1], sys.argv[2:]
    found = set()
    with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb", 0) as memory:
        for line in maps:
            ends, mode = line.split()[:2]
            if not mode.startswith("r") or line.rstrip().endswith(("[vvar]", "[vsyscall]")):
                continue
            start, end = (int(number, 16) for number in ends.split("-"))
            memory.seek(start)
            try:
                content = memory.read(end - start)
            except OSError:
                continue
            found |= {text for text in searched if text.encode() in content}
    print("\\n".join(sorted(found)))
    """
}
