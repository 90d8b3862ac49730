import FoundationEssentials
import Glibc
import JSON
import TestSupport
import Testing

/// `fedbroker diagnose` in worlds that are broken for real: each names the step that is wrong, and how to mend it.
@Suite(.timeLimit(.minutes(10)))
struct DiagnoseTests {
  // MARK: The way is open

  @Test("Where nothing is wrong, each step says what came, up to a token that is not shown")
  func open() async throws {
    let world = try await World()
    let diagnosed = try await world.diagnose("sales")
    #expect(diagnosed.status == 0, "\(diagnosed.text)")
    #expect(
      diagnosed.steps("good") == [
        "daemon", "admission", "credentials", "region", "name", "connection", "endpoint", "clock", "caller", "token",
      ], "\(diagnosed.text)")
    #expect(diagnosed.text.contains(LoggedServer.arn))
    #expect(diagnosed.text.contains("environment variables"))
    #expect(!diagnosed.text.contains("emulated-access-token") && !diagnosed.text.contains("/auth/sign-in"))
    // Without a name: each that is listed.
    #expect(try await world.diagnose().steps("good").last == "token")
    let text = try await LoggedProcess.run(Deployment.binary, ["diagnose"], environment: world.environment)
    #expect(text.status == 0 && text.output.contains("sales:\nok      credentials"), "\(text.output)")
  }

  @Test("The emulator within the daemon is named as such")
  func emulated() async throws {
    let world = try await World(script: nil, configuration: "", arguments: ["--emulate", "--instance-id", "demo"])
    let diagnosed = try await world.diagnose()
    #expect(diagnosed.status == 0 && diagnosed.steps("good").suffix(2) == ["endpoint", "token"], "\(diagnosed.text)")
  }

  // MARK: The daemon

  @Test("The daemon is down")
  func down() async throws {
    let directory = ScratchDirectory()
    let environment = Deployment.environment(directory).merging(
      ["FEDBROKER_BROKER": "unix:\(directory.path)/fedbroker.sock"]) { $1 }
    try await Diagnosed(["sales"], environment: environment)
      .expectWrong("daemon", "No such file or directory", mend: "fedbroker serve")
  }

  @Test("A daemon ended, and left its socket")
  func gone() async throws {
    let world = try await World()
    world.daemon.signal(SIGKILL)
    await world.daemon.exitStatus()
    let environment = world.environment.merging(
      ["FEDBROKER_BROKER": "unix:\(world.directory.path)/fedbroker/fedbroker.sock"]) { $1 }
    try await Diagnosed(["sales"], environment: environment)
      .expectWrong("daemon", "Connection refused", mend: "systemctl status fedbroker")
  }

  @Test("An impostor has the port: it answers everything, and knows no token")
  func impostor() async throws {
    let directory = ScratchDirectory()
    directory.write("token", String(repeating: "t", count: 43))
    chmod("\(directory.path)/token", 0o600)
    let impostor = LoopbackServer { connection in
      if connection.readRequest() != nil { connection.respond(#"{"instances":[]}"#) }
    }
    let environment = Deployment.environment(directory).merging([
      "FEDBROKER_BROKER": impostor.url, "FEDBROKER_TOKEN_FILE": "\(directory.path)/token",
    ]) { $1 }
    try await Diagnosed(["sales"], environment: environment)
      .expectWrong("admission", "another user's daemon, or another program", mend: "who listens")
    #expect(!impostor.requests.joined().contains("ttttt"))
  }

  @Test("There is no token to sign with")
  func noToken() async throws {
    let world = try await World(arguments: ["--listen", "127.0.0.1:0"])
    let address = try Deployment.value("listen", in: try await world.daemon.line(containing: " ready "))
    let environment = world.environment.merging([
      "FEDBROKER_BROKER": "http://\(address)", "FEDBROKER_TOKEN_FILE": "\(world.directory.path)/none",
    ]) { $1 }
    try await Diagnosed(["sales"], environment: environment)
      .expectWrong("admission", "none", mend: "FEDBROKER_TOKEN_FILE")
  }

  @Test("The instance is not served")
  func notServed() async throws {
    try await World().diagnose("support").expectWrong("instance", "InstanceNotServed", mend: "fedbroker status")
  }

  @Test("The instance's role is there for several people")
  func sessionName() async throws {
    let world = try await World(
      configuration: """
        [instances.support]
        id = "22222222"
        region = "us-east-1"
        role_arn = "arn:aws:iam::123456789012:role/agents"
        session_names = ["*"]

        """)
    try await world.diagnose().expectWrong("instance", "SessionNameRequired", mend: "--session-name")
  }

  // MARK: Credentials

  @Test("The sign-in to IAM Identity Center has expired")
  func expiredSignIn() async throws {
    let directory = ScratchDirectory()
    let home = directory.path
    let file = directory.write(
      "config",
      """
      [profile desk]
      sso_session = corp
      sso_account_id = 123456789012
      sso_role_name = agents
      [sso-session corp]
      sso_region = us-east-1
      sso_start_url = https://corp.awsapps.com/start

      """)
    try FileManager.default.createDirectory(
      atPath: "\(home)/.aws/sso/cache", withIntermediateDirectories: true)
    // The name that the AWS CLI gives it: the SHA-1 of the session's name.
    let name = try await LoggedProcess.run("/bin/sh", ["-c", "printf corp | sha1sum | cut -d' ' -f1"])
      .output.prefix { $0 != "\n" }
    directory.write(
      ".aws/sso/cache/\(name).json",
      #"{"startUrl":"https://corp.awsapps.com/start","region":"us-east-1","accessToken":"sso-canary","expiresAt":"2020-01-01T00:00:00Z"}"#
    )
    let world = try await World(
      configuration: "[instances.sales]\nid = \"11111111\"\nregion = \"us-east-1\"\nprofile = \"desk\"\n",
      variables: ["HOME": home, "AWS_CONFIG_FILE": file])
    let diagnosed = try await world.diagnose("sales")
    diagnosed.expectWrong("credentials", "aws sso login", mend: "as the user that the daemon runs as")
    #expect(!diagnosed.text.contains("sso-canary"))
  }

  @Test("There are no credentials at all")
  func noCredentials() async throws {
    try await World(variables: ["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""]).diagnose("sales")
      .expectWrong("credentials", "no source has credentials", mend: "check-config --credentials")
  }

  @Test("AWS does not know the key any more", arguments: ["InvalidClientTokenId", "ExpiredToken"])
  func unknownKey(code: String) async throws {
    try await World(caller: .refusing(code)).diagnose("sales")
      .expectWrong("caller", code, mend: code == "ExpiredToken" ? "Sign in again" : "deleted or deactivated")
  }

  @Test("The caller is the account's root user")
  func root() async throws {
    try await World(caller: .caller("arn:aws:iam::123456789012:root")).diagnose("sales")
      .expectWrong("caller", "root user", mend: "session name")
  }

  // MARK: The network

  /// A daemon without any network but loopback.
  private static let withoutNetwork = [
    "unshare", "--map-root-user", "--net", "sh", "-c", "ip link set lo up 2>/dev/null; exec \"$@\"", "sh",
  ]

  @Test("There is no route to AWS")
  func noRoute() async throws {
    try await World(
      script: nil, arguments: ["--endpoint-url", "https://198.51.100.1"], prefix: Self.withoutNetwork
    ).diagnose("sales").expectWrong("connection", "Network is unreachable", mend: "route, firewall, VPN")
  }

  @Test("The region is misspelt: no such name")
  func wrongName() async throws {
    let diagnosed = try await World(
      script: nil, configuration: "[instances.sales]\nid = \"11111111\"\nregion = \"us-esat-1\"\n",
      prefix: Self.withoutNetwork
    ).diagnose("sales")
    diagnosed.expectWrong("name", "connect.us-esat-1.amazonaws.com", mend: "spelling of the region")
    #expect(diagnosed.steps("warning") == ["region"])
  }

  @Test("Nobody listens at the endpoint")
  func refused() async throws {
    try await World(script: nil, arguments: ["--endpoint-url", "http://127.0.0.1:\(Self.freePort())"]).diagnose("sales")
      .expectWrong("connection", "Connection refused", mend: "route, firewall, VPN")
  }

  @Test("The proxy is not there")
  func noProxy() async throws {
    let port = Self.freePort()
    try await World(
      script: nil, arguments: ["--endpoint-url", "https://connect.us-east-1.amazonaws.com"],
      variables: ["HTTPS_PROXY": "http://user:pr0xy-canary@127.0.0.1:\(port)", "NO_PROXY": "127.0.0.1"]
    ).diagnose("sales").expectWrong("proxy", "127.0.0.1:\(port)", mend: "HTTPS_PROXY")
  }

  @Test("The proxy does not let the connection through")
  func refusingProxy() async throws {
    let proxy = LoopbackServer { connection in
      while connection.readRequest() != nil { connection.respond("", status: "407 Proxy Authentication Required") }
    }
    let diagnosed = try await World(
      script: nil, arguments: ["--endpoint-url", "https://connect.us-east-1.amazonaws.com"],
      variables: ["HTTPS_PROXY": "http://user:pr0xy-canary@127.0.0.1:\(proxy.port)", "NO_PROXY": "127.0.0.1"]
    ).diagnose("sales")
    diagnosed.expectWrong("proxy", "status 407", mend: "HTTPS_PROXY")
    #expect(!diagnosed.text.contains("pr0xy-canary"))
  }

  @Test("A company's own authority signs what the proxy shows: its name is told")
  func wrongAuthority() async throws {
    let directory = ScratchDirectory()
    let script = """
      cd '\(directory.path)' && openssl req -x509 -newkey rsa:2048 -nodes -keyout k -out c -days 2 \
      -subj '/O=Example Corp/CN=Inspection CA' -addext subjectAltName=IP:127.0.0.1 2>/dev/null && \
      exec openssl s_server -accept 127.0.0.1:0 -www -cert c -key k >&2
      """
    let server = try LoggedProcess("/bin/sh", ["-c", script])
    defer { server.signal(SIGKILL) }
    let port = try #require(try await server.line(containing: "ACCEPT ").split(separator: ":").last)
    let endpoint = ["--endpoint-url", "https://127.0.0.1:\(port)"]
    try await World(script: nil, arguments: endpoint).diagnose("sales")
      .expectWrong("certificate", "Inspection CA", mend: "ca_bundle")
    // With that authority named, it is no longer what is wrong.
    let mended = try await World(script: nil, arguments: endpoint + ["--ca-bundle", "\(directory.path)/c"])
      .diagnose("sales")
    #expect(mended.steps("good").contains("certificate") && mended.steps("wrong") == ["token"], "\(mended.text)")
    #expect(mended.steps("warning") == ["endpoint", "clock"] || mended.steps("warning") == ["endpoint"])
  }

  @Test("The clock is off", arguments: [1200, -1200])
  func clock(offset: Int) async throws {
    let diagnosed = try await World(clockOffset: offset).diagnose("sales")
    #expect(diagnosed.status == 0 && diagnosed.steps("warning") == ["clock"], "\(diagnosed.text)")
    #expect(diagnosed.text.contains(offset > 0 ? " s behind" : " s ahead"), "\(diagnosed.text)")
    #expect(diagnosed.text.contains("timedatectl set-ntp true"))
  }

  // MARK: Amazon Connect

  @Test("IAM denies it: the policy to paste names the instance and the role")
  func denied() async throws {
    let diagnosed = try await World(script: "deny").diagnose("sales")
    diagnosed.expectWrong("policy", "AccessDeniedException", mend: "the role agents:\n")
    let policy = try #require(diagnosed.wrong?["mend"]?.string?.split(separator: "\n").last)
    let statement = try JSONValue(parsing: String(policy))["Statement"]?.array?.first
    #expect(statement?["Action"]?.string == "connect:GetFederationToken")
    #expect(
      statement?["Resource"]?.string == "arn:aws:connect:us-east-1:123456789012:instance/11111111/user/${aws:userid}")
  }

  @Test("There is no such user: the name that was asked for is told")
  func noUser() async throws {
    try await World(script: "nobody").diagnose("sales")
      .expectWrong("user", "UserNotFoundException", mend: "Create that user in Amazon Connect")
  }

  @Test("The instance is in another region")
  func wrongRegion() async throws {
    try await World(script: "missing").diagnose("sales")
      .expectWrong("instance", "ResourceNotFoundException", mend: "us-east-1")
  }

  @Test("AWS throttles")
  func throttled() async throws {
    try await World(
      script: "throttle",
      configuration: "request_timeout = \"2s\"\n[instances.sales]\nid = \"1\"\nregion = \"us-east-1\"\n"
    )
    .diagnose("sales").expectWrong("quota", "TooManyRequestsException", mend: "upstream.rate")
  }

  @Test("What answers is the sign-in page of a network")
  func captivePortal() async throws {
    try await World(script: "html").diagnose("sales").expectWrong("token", "BadUpstreamResponse", mend: "endpoint_url")
  }

  // MARK: The bundle

  @Test("The bundle has steps, versions, configuration, instances and log, and nothing secret; only its owner reads it")
  func bundle() async throws {
    let world = try await World(script: "deny")
    let path = "\(world.directory.path)/ticket.txt"
    let diagnosed = try await world.diagnose("sales", "--bundle", path)
    #expect(diagnosed.status == 1)
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    for part in [
      "WRONG   policy", "command fedbroker ", "[instances.sales]", #""alias":"sales""#, " ready ",
      "AccessDeniedException",
    ] {
      #expect(text.contains(part), "\(part) is not in \(text)")
    }
    let token = try String(contentsOfFile: "\(world.directory.path)/fedbroker/token", encoding: .utf8)
    for secret in [token, Deployment.secretAccessKey, Deployment.accessKeyID] { #expect(!text.contains(secret)) }
    // Without a daemon it has what the command knows.
    world.daemon.signal(SIGKILL)
    await world.daemon.exitStatus()
    _ = try await world.diagnose("--bundle", path)
    let other = try String(contentsOfFile: path, encoding: .utf8)
    #expect(other.contains("WRONG   daemon") && other.contains("command fedbroker "))
    let full = try await LoggedProcess.run(
      Deployment.binary, ["diagnose", "--bundle", "/dev/full/x"], environment: world.environment)
    #expect(full.status == 74, "\(full.error)")
  }
}
