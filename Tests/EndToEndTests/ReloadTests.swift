import FoundationEssentials
import Glibc
import JSON
import LocalHTTP
import Outbound
import Secrets
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ReloadTests {
  private let directory = ScratchDirectory()

  /// A daemon whose configuration is all in its file, which `reload` replaces.
  private func start(_ configuration: String) throws -> LoggedProcess {
    let file = directory.write("fedbroker.toml", configuration)
    return try LoggedProcess(
      Deployment.binary, ["serve", "--emulate", "--config", file], environment: Deployment.environment(directory))
  }

  /// Reloads for the `count`th time.
  private func reload(_ daemon: LoggedProcess, _ configuration: String, count: Int = 1) async throws {
    directory.write("fedbroker.toml", configuration)
    daemon.signal(SIGHUP)
    try await daemon.line(containing: ": reloaded ", count: count)
  }

  private func socket(_ name: String) -> ListenAddress { .unix(path: "\(directory.path)/\(name)") }

  /// What the other addresses of these tests are beside.
  private func listen(_ names: String...) -> String {
    "listen = [\(names.map { "\"\(socket($0))\"" }.joined(separator: ", "))]\n"
  }

  private static func get(_ path: String, _ client: RawClient) throws -> RawClient.Response {
    try client.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return try client.readResponse()
  }

  private func get(_ path: String, at address: ListenAddress) async throws -> RawClient.Response {
    try await RawClient.with(address) { try Self.get(path, $0) }
  }

  @Test("Listeners change, and connections of one that is no more go on")
  func listeners() async throws {
    let daemon = try start(listen("kept", "removed"))
    try await daemon.line(containing: " ready ")
    let old = try RawClient(socket("removed"))
    #expect(try await RawClient.onThread { try Self.get("/healthz", old).status } == 200)
    let admin = "\(directory.path)/admin"
    try await reload(daemon, listen("added", "kept") + "admin_listen = [\"unix:\(admin)\"]\n")
    #expect(try await RawClient.onThread { try Self.get("/healthz", old).status } == 200)
    for name in ["kept", "added"] { #expect(try await get("/v1/instances", at: socket(name)).status == 200) }
    #expect(try await get("/v1/instances", at: .unix(path: admin)).status == 404)
    #expect(throws: RawClient.Failure.self) { try RawClient(socket("removed")) }
    #expect(daemon.standardError.contains("configuration changed from=\"[\\\"unix:\(directory.path)/kept"))
    #expect(daemon.standardError.contains("key=admin_listen"))
    await stop(daemon)
  }

  @Test("Tokens stay cached; instances come and go")
  func instances() async throws {
    let kept = "[instances.kept]\nid = \"a\"\nwarm = true\n"
    let daemon = try start(listen("s") + kept + "[instances.removed]\nid = \"b\"\n")
    try await daemon.line(containing: "instance=a")
    try await daemon.line(containing: " ready ")
    #expect(try await get("/v1/instances/removed/token", at: socket("s")).status == 200)
    let token = try await get("/v1/instances/kept/token", at: socket("s")).text
    try await reload(daemon, listen("s") + kept + "[instances.added]\nid = \"c\"\nwarm = true\n")
    let response = try await get("/v1/instances/kept/token", at: socket("s"))
    #expect(response.text == token)
    #expect(response.value("cache-status")?.hasPrefix("fedbroker; hit") == true)
    #expect(try await get("/v1/instances/removed/token", at: socket("s")).status == 404)
    try await daemon.line(containing: "a token was erased instance=b")
    try await daemon.line(containing: "instance=c")
    #expect(daemon.standardError.contains("key=instances.removed.id"))
    #expect(daemon.standardError.contains("key=instances.added.id"))
    await stop(daemon)
  }

  @Test(
    "What cannot be is reported, and the former configuration stays in force as a whole",
    arguments: [
      ("log_level = \"loud\"", "log_level"), ("listn = []", "unknown key listn"), ("listen = [", "syntax"),
      ("token_group = \"no-such-group-here\"", "no-such-group-here"),
      ("socket_users = [\"no-such-user-here\"]", "no-such-user-here"), ("token_file = \"/proc/none\"", "/proc/none"),
      ("listen = [\"unix:/proc/none/s\"]", "/proc/none/s"), ("listen = [\"0.0.0.0:0\"]", "allow_non_loopback"),
    ])
  func refused(text: String, reason: String) async throws {
    let daemon = try start(listen("s"))
    try await daemon.line(containing: " ready ")
    directory.write(
      "fedbroker.toml",
      (text.hasPrefix("listen") ? "" : listen("s")) + text + "\n[limits]\nmax_requests_per_connection = 1\n")
    daemon.signal(SIGHUP)
    let line = try await daemon.line(containing: "the former configuration stays in force")
    #expect(line.contains(reason))
    let response = try await get("/v1/instances", at: socket("s"))
    #expect(response.status == 200)
    #expect(response.value("connection") == nil)
    #expect(!daemon.standardError.contains("configuration changed"))
    await stop(daemon)
  }

  @Test("Limits are those of connections to come")
  func limits() async throws {
    let daemon = try start(listen("s"))
    try await daemon.line(containing: " ready ")
    let old = try RawClient(socket("s"))
    #expect(try await RawClient.onThread { try Self.get("/healthz", old).value("connection") } == nil)
    let limits = "[limits]\nmax_requests_per_connection = 1\nidle_timeout = \"100ms\"\n"
    try await reload(daemon, listen("s") + limits)
    #expect(try await get("/healthz", at: socket("s")).value("connection") == "close")
    #expect(try await RawClient.onThread { try Self.get("/healthz", old).value("connection") } == nil)
    #expect(try await RawClient.with(socket("s")) { try $0.readToEnd() } == [])
    try await reload(daemon, listen("s") + "[limits]\nmax_connections = 1\n", count: 2)
    #expect(try await get("/healthz", at: socket("s")).status == 503)
    await stop(daemon)
  }

  @Test("The log's level and form change, and another token file counts")
  func logAndToken() async throws {
    let daemon = try start("listen = [\"127.0.0.1:0\"]\n")
    let listen = try Deployment.value("listen", in: try await daemon.line(containing: " ready "))
    let token = String(repeating: "o", count: 43)
    let file = directory.write("other-token", token)
    directory.write(
      "fedbroker.toml",
      "listen = [\"127.0.0.1:0\"]\nlog_level = \"debug\"\nlog_format = \"json\"\ntoken_file = \"\(file)\"\n")
    daemon.signal(SIGHUP)
    try await daemon.line(containing: "\"message\":\"reloaded\"")
    let response = try await CurlTransport().send(
      TransportRequest(
        method: "GET", url: "http://\(listen)/v1/instances", fields: [("Authorization", Secret("Bearer \(token)"))],
        bypassesProxy: true))
    #expect(response.status == 200)
    let line = try JSONValue(parsing: try await daemon.line(containing: "\"message\":\"request\""))
    #expect(line["level"]?.string == "debug")
    #expect(line["route"]?.string == "instances")
    #expect(line["status"]?.string == "200")
    await stop(daemon)
  }

  @Test("Another endpoint may be another account: nothing that the former one gave is served")
  func endpoint() async throws {
    let deployment = try await Deployment()
    let (other, address) = try await Deployment.startEmulator([])
    let file = { (endpoint: String) in
      "\(listen("s"))endpoint_url = \"http://\(endpoint)\"\n[instances.sales]\nid = \"demo\"\nwarm = true\n"
    }
    let path = directory.write("fedbroker.toml", file(deployment.emulatorAddress))
    let daemon = try LoggedProcess(
      Deployment.binary, ["serve", "--config", path],
      environment: Deployment.environment(directory).merging([
        "AWS_ACCESS_KEY_ID": Deployment.accessKeyID, "AWS_SECRET_ACCESS_KEY": Deployment.secretAccessKey,
        "AWS_REGION": "us-east-1",
      ]) { $1 })
    try await daemon.line(containing: "fetched a token")
    try await deployment.emulator.line(containing: ": call ")
    try await reload(daemon, file(address))
    try await other.line(containing: ": call ")
    #expect(try await get("/v1/instances/sales/token", at: socket("s")).status == 200)
    #expect(deployment.upstreamCalls == 1)
    await stop(daemon)
    other.signal(SIGKILL)
    await deployment.stop()
  }

  private func stop(_ daemon: LoggedProcess) async {
    daemon.signal(SIGTERM)
    let status = await daemon.exitStatus()
    #expect(status == 0, "\(daemon.standardError)")
  }
}
