import Glibc
import TestSupport
import Testing

/// The whole default chain in the real binary, with each source's service on loopback: what comes first is taken away,
/// one after the other, and the next must answer.
@Suite(.timeLimit(.minutes(10)))
struct CredentialChainTests {
  private let directory = ScratchDirectory()

  /// STS, the Identity Center portal, the container endpoint and instance metadata.
  private let services = LoopbackServer { connection in
    while let request = connection.readRequest() {
      let target = request.split(separator: " ").dropFirst().first ?? ""
      let metadata = #"{"Code":"Success","AccessKeyId":"KEY-METADATA",\#(Self.rest)}"#
      switch target {
      case "/":
        let action = request.contains("Action=AssumeRoleWithWebIdentity&") ? "AssumeRoleWithWebIdentity" : "AssumeRole"
        let key = action == "AssumeRole" ? "KEY-ROLE" : "KEY-WEB"
        connection.respond(
          """
          <R><\(action)Result><Credentials><AccessKeyId>\(key)</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
          <SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></\(action)Result></R>
          """)
      case "/federation/credentials?role_name=r&account_id=1":
        connection.respond(
          #"{"roleCredentials":{"accessKeyId":"KEY-SSOP","secretAccessKey":"s","sessionToken":"t","#
            + #""expiration":4102444800000}}"#)
      case "/container": connection.respond(#"{"AccessKeyId":"KEY-CONT",\#(Self.rest)}"#)
      case "/latest/api/token": connection.respond("session")
      case "/latest/meta-data/placement/region": connection.respond("eu-north-1")
      case "/latest/meta-data/iam/security-credentials/": connection.respond("role")
      case "/latest/meta-data/iam/security-credentials/role": connection.respond(metadata)
      default: connection.respond("", status: "404 Not Found")
      }
    }
  }

  private static let rest = #""SecretAccessKey":"s","Token":"t","Expiration":"2100-01-01T00:00:00Z""#

  private func keys(_ id: String) -> String { "aws_access_key_id = \(id)\naws_secret_access_key = s\n" }

  /// What `printf TEXT | COMMAND` says, cut to the first word: the names of sign-in files are digests.
  private func digest(_ text: String, _ command: String) -> String {
    String(ChildProcess.run(["sh", "-c", "printf %s '\(text)' | \(command)"]).output.prefix { $0 != " " })
  }

  private func writeFiles() {
    _ = ChildProcess.run(["mkdir", "-p", "\(directory.path)/.aws/sso/cache", "\(directory.path)/.aws/login/cache"])
    directory.write("token", "web.identity.token")
    directory.write("process", #"{"Version":1,"AccessKeyId":"KEY-PROC","SecretAccessKey":"s"}"#)
    directory.write(
      ".aws/sso/cache/\(digest("https://start.example.com", "sha1sum")).json",
      #"{"startUrl":"https://start.example.com","region":"us-east-1","accessToken":"a","#
        + #""expiresAt":"2100-01-01T00:00:00Z"}"#)
    directory.write(
      ".aws/login/cache/\(digest("arn:aws:iam::1:user/u", "sha256sum")).json",
      #"{"accessToken":{"accessKeyId":"KEY-LOGI","secretAccessKey":"s","sessionToken":"t","accountId":"1","#
        + #""expiresAt":"2100-01-01T00:00:00Z"},"refreshToken":"r","dpopKey":"k","clientId":"c"}"#)
  }

  @Test("Each source of the default chain answers once those before it are gone")
  func walk() async throws {
    writeFiles()
    let sources: [(name: String, key: String)] = [
      ("environment variables", "KEY-ENVI"), ("role of the profile", "KEY-ROLE"), ("web identity", "KEY-WEB"),
      ("IAM Identity Center", "KEY-SSOP"), ("keys in \(directory.path)/.aws/credentials", "KEY-CRED"),
      ("login session", "KEY-LOGI"), ("process", "KEY-PROC"), ("keys in \(directory.path)/.aws/config", "KEY-CONF"),
      ("container credentials", "KEY-CONT"), ("EC2 instance metadata", "KEY-METADATA"),
    ]
    for (step, source) in sources.enumerated() {
      let result = try await check(without: step)
      #expect(result.status == 0, "\(source.name): \(result.output)\(result.error)")
      let line = result.output.split(separator: "\n").first { $0.contains("  source: ") } ?? ""
      #expect(line.hasPrefix("  source: \(source.name)"), "\(result.output)")
      #expect(line.hasSuffix(", key …\(source.key.suffix(source.key.count / 2).suffix(4))"), "\(line)")
      let passedOver = result.output.split(separator: "\n").count { $0.contains("  passed over: ") }
      #expect(passedOver == step, "\(source.name)")
    }
    let none = try await check(without: sources.count)
    #expect(none.status == 78)
    #expect(none.output.contains("failed: no source has credentials"))
  }

  @Test("Where nothing else says a region, the machine's own counts")
  func machineRegion() async throws {
    let daemon = try LoggedProcess(
      Deployment.binary,
      [
        "serve", "--listen", "127.0.0.1:0", "--instance-id", "demo", "--endpoint-url", "http://127.0.0.1:1", "--config",
        directory.write("fedbroker.toml", ""),
      ],
      environment: Deployment.environment(directory).merging([
        "AWS_ACCESS_KEY_ID": "KEY", "AWS_SECRET_ACCESS_KEY": "s", "AWS_EC2_METADATA_SERVICE_ENDPOINT": services.url,
      ]) { $1 })
    try await daemon.line(containing: "the region is the machine's region=eu-north-1")
    let failure = try await daemon.line(containing: "a fetch failed")
    #expect(failure.contains(" region=eu-north-1"))
    daemon.signal(SIGKILL)
    await daemon.exitStatus()
  }

  /// Runs the check with all sources configured but the first `count`.
  private func check(without count: Int) async throws -> (status: Int32, output: String, error: String) {
    var config = "[default]\nregion = us-east-1\n"
    var environment = [
      "AWS_ENDPOINT_URL_STS": services.url, "AWS_ENDPOINT_URL_SSO": services.url,
      "AWS_EC2_METADATA_SERVICE_ENDPOINT": services.url,
    ]
    if count < 1 { environment.merge(["AWS_ACCESS_KEY_ID": "KEY-ENVI", "AWS_SECRET_ACCESS_KEY": "s"]) { $1 } }
    if count < 2 { config += "role_arn = arn:aws:iam::1:role/r\nsource_profile = base\n" }
    if count < 3 {
      environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = "\(directory.path)/token"
      environment["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/web"
    }
    if count < 4 {
      config += "sso_start_url = https://start.example.com\nsso_region = us-east-1\nsso_account_id = 1\n"
      config += "sso_role_name = r\n"
    }
    directory.write(".aws/credentials", (count < 5 ? "[default]\n\(keys("KEY-CRED"))" : "") + "[base]\n\(keys("BASE"))")
    if count < 6 { config += "login_session = arn:aws:iam::1:user/u\n" }
    if count < 7 { config += "credential_process = cat \(directory.path)/process\n" }
    if count < 8 { config += keys("KEY-CONF") }
    if count < 9 { environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "\(services.url)/container" }
    if count > 9 { environment["AWS_EC2_METADATA_DISABLED"] = "true" }
    directory.write(".aws/config", config)
    return try await LoggedProcess.run(
      Deployment.binary, ["check-config", directory.write("fedbroker.toml", ""), "--credentials"],
      environment: Deployment.environment(directory).merging(environment) { $1 })
  }
}
