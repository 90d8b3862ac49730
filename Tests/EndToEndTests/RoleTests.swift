import FoundationEssentials
import Glibc
import JSON
import Outbound
import Secrets
import TestSupport
import Testing

/// moto's server, which `make test` installs beside the package: AWS STS as somebody else understands it.
enum Moto {
  static let path =
    String(
      #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/"))
    + "/.venv/bin/moto_server"

  /// Whether to use it: where it is there, and in CI, where it must be.
  static let isExpected = access(path, X_OK) == 0 || getenv("CI").map { String(cString: $0) } == "true"

  /// Starts one, and returns its address when it listens.
  static func start() async throws -> (process: LoggedProcess, url: String) {
    let process = try LoggedProcess(path, ["-H", "127.0.0.1", "-p", "0"], environment: ["PATH": "/usr/bin:/bin"])
    let line = try await process.line(containing: "Running on http://")
    return (process, String(try #require(line.split(separator: " ").last { $0.hasPrefix("http://") })))
  }
}

@Suite(.timeLimit(.minutes(10)), .enabled(if: Moto.isExpected))
struct RoleTests {
  private let connect = connectNamingSigners()
  private let directory = ScratchDirectory()

  private func environment(_ moto: String) -> [String: String] {
    Deployment.environment(directory).merging([
      "AWS_ACCESS_KEY_ID": Deployment.accessKeyID, "AWS_SECRET_ACCESS_KEY": Deployment.secretAccessKey,
      "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL_STS": moto,
    ]) { $1 }
  }

  private static let configuration = """
    [instances.desk]
    id = "11111111-2222-3333-4444-555555555555"
    role_arn = "arn:aws:iam::123456789012:role/ConnectAgent"
    session_names = ["*@example.com"]

    [instances.ana]
    id = "11111111-2222-3333-4444-555555555555"
    role_arn = "arn:aws:iam::123456789012:role/ConnectAgent"
    role_session_name = "ana@example.com"
    """

  @Test("Each session name gets the token of credentials of its own, assumed once")
  func sessionNames() async throws {
    let (moto, url) = try await Moto.start()
    let file = directory.write("fedbroker.toml", Self.configuration)
    let daemon = try LoggedProcess(
      Deployment.binary,
      ["serve", "--config", file, "--listen", "127.0.0.1:0", "--endpoint-url", connect.url],
      environment: environment(url))
    let address = try Deployment.value("listen", in: try await daemon.line(containing: " ready "))
    let token = try String(contentsOfFile: "\(directory.path)/fedbroker/token", encoding: .utf8)
    let client = CurlTransport()
    func ask(_ method: String = "GET", _ target: String) async throws -> TransportResponse {
      try await client.send(
        TransportRequest(
          method: method, url: "http://\(address)/v1/instances/\(target)",
          fields: [("Authorization", Secret("Bearer \(token)"))], bypassesProxy: true))
    }
    func key(_ method: String = "GET", _ target: String) async throws -> String? {
      try SecretJSON(parsing: try await ask(method, target).body)["Credentials"]?["AccessToken"]?.string
    }
    let ana = try await key("GET", "desk/token?session_name=ana@example.com")
    let ben = try await key("GET", "desk/token?session_name=ben@example.com")
    #expect(ana?.hasPrefix("ASIA") == true && ben?.hasPrefix("ASIA") == true && ana != ben)
    // The credentials last for an hour: a refresh takes them again, and the alias for Ana has Ana's.
    #expect(try await key("POST", "desk/refresh?session_name=ben@example.com") == ben)
    #expect(try await key("GET", "ana/token") == ana)
    #expect(connect.requests.allSatisfy { $0.lowercased().contains("x-amz-security-token:") })
    #expect(try await ask("GET", "desk/token?session_name=cy").status == 403)
    #expect(try await ask("GET", "desk/token").status == 400)
    let requests = moto.standardError.split(separator: "\n").filter { $0.contains(Self.assumed) }
    #expect(requests.count == 2, "\(moto.standardError)")
    daemon.signal(SIGTERM)
    #expect(await daemon.exitStatus() == 0)
    for key in [ana, ben, Deployment.secretAccessKey] { #expect(!daemon.standardError.contains(try #require(key))) }
    moto.signal(SIGKILL)
  }

  @Test("cache.max_entries is the capacity for assumed credentials too, and a reload changes it")
  func capacity() async throws {
    let (moto, url) = try await Moto.start()
    let file = directory.write("fedbroker.toml", "cache.max_entries = 1\n" + Self.configuration)
    let daemon = try LoggedProcess(
      Deployment.binary,
      ["serve", "--config", file, "--listen", "127.0.0.1:0", "--endpoint-url", connect.url],
      environment: environment(url))
    let address = try Deployment.value("listen", in: try await daemon.line(containing: " ready "))
    let token = try String(contentsOfFile: "\(directory.path)/fedbroker/token", encoding: .utf8)
    func refresh(_ name: String) async throws {
      let response = try await CurlTransport().send(
        TransportRequest(
          method: "POST", url: "http://\(address)/v1/instances/desk/refresh?session_name=\(name)@example.com",
          fields: [("Authorization", Secret("Bearer \(token)"))], bypassesProxy: true))
      #expect(response.status == 200)
    }
    // One of the two has no place.
    for name in ["ana", "ben", "ana"] { try await refresh(name) }
    try await moto.line(containing: Self.assumed, count: 3)
    directory.write("fedbroker.toml", "cache.max_entries = 10\n" + Self.configuration)
    daemon.signal(SIGHUP)
    try await daemon.line(containing: ": reloaded ")
    // Now both have one; the last of them shows that nothing else was asked before.
    for name in ["ana", "ben", "ana", "ben", "cy"] { try await refresh(name) }
    try await moto.line(containing: Self.assumed, count: 6)
    #expect(moto.standardError.split(separator: "\n").count { $0.contains(Self.assumed) } == 6)
    daemon.signal(SIGTERM)
    #expect(await daemon.exitStatus() == 0)
    moto.signal(SIGKILL)
  }

  /// A line of moto's log.
  private static let assumed = "\"POST / HTTP/1.1\" 200"

  @Test("check-config says whose credentials an instance gets")
  func whoami() async throws {
    let (moto, url) = try await Moto.start()
    let file = directory.write("fedbroker.toml", Self.configuration)
    let result = try await LoggedProcess.run(
      Deployment.binary, ["check-config", file, "--credentials", "--whoami"], environment: environment(url))
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(
      result.output.contains("caller: arn:aws:sts::123456789012:assumed-role/ConnectAgent/ana@example.com"),
      "\(result.output)")
    #expect(result.output.contains("assumed: role_arn arn:aws:iam::123456789012:role/ConnectAgent as ana@example.com"))
    moto.signal(SIGKILL)
  }
}
