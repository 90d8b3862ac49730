import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct CredentialCheckTests {
  private let directory = ScratchDirectory()

  private func check(
    _ configuration: String, flags: [String] = [], environment: [String: String] = [:]
  ) async throws -> (status: Int32, output: String, error: String) {
    let file = directory.write("fedbroker.toml", configuration)
    return try await LoggedProcess.run(
      Deployment.binary, ["check-config", file, "--credentials"] + flags,
      environment: Deployment.environment(directory).merging(
        [
          "AWS_CONFIG_FILE": "\(directory.path)/config", "AWS_SHARED_CREDENTIALS_FILE": "\(directory.path)/credentials",
          "AWS_EC2_METADATA_DISABLED": "true",
        ].merging(environment) { $1 }
      ) { $1 })
  }

  @Test("Each instance's source is named, with file and line, and why the earlier ones were passed over")
  func sources() async throws {
    directory.write(
      "config", "[default]\nregion = us-east-1\n\n[profile tool]\ncredential_process = cat \(directory.path)/p\n")
    directory.write(
      "credentials", "[default]\naws_secret_access_key = canary-secret\naws_access_key_id = AKIACANARY0000001234\n")
    directory.write("p", #"{"Version":1,"AccessKeyId":"ASIACANARY0000005678","SecretAccessKey":"canary-secret"}"#)
    let result = try await check(
      """
      [instances.a]
      id = "1"
      [instances.b]
      id = "2"
      profile = "tool"
      """)
    #expect(result.status == 0, "\(result.error)")
    #expect(
      result.output.contains(
        """
        credentials of a:
          passed over: environment variables: AWS_ACCESS_KEY_ID is not set
          passed over: role of the profile: profile default has no role_arn
          passed over: web identity: no web identity token file is configured
          passed over: IAM Identity Center: profile default has no sso_session and no sso_start_url
          source: keys in \(directory.path)/credentials: profile default of \(directory.path)/credentials \
        (\(directory.path)/credentials, line 3), key …1234
        """), "\(result.output)")
    #expect(
      result.output.contains(
        """
          source: process: credential_process of profile tool (\(directory.path)/config, line 5), key …5678
        """), "\(result.output)")
    for secret in ["canary-secret", "AKIACANARY", "ASIACANARY"] {
      #expect(!result.output.contains(secret) && !result.error.contains(secret))
    }
  }

  @Test("An instance without credentials says what to mend, and the command fails")
  func missing() async throws {
    directory.write("config", "[profile p]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n")
    let result = try await check("[instances.a]\nid = \"1\"\nprofile = \"p\"\n")
    #expect(result.status == 78)
    #expect(
      result.output.contains(
        "failed: profile p: source_profile base is neither in \(directory.path)/config nor in "
          + "\(directory.path)/credentials (\(directory.path)/config, line 2)"), "\(result.output)")
  }

  @Test("With no instance listed it is about any")
  func anyInstance() async throws {
    let result = try await check(
      "", environment: ["AWS_ACCESS_KEY_ID": "AKIACANARY0000001234", "AWS_SECRET_ACCESS_KEY": "canary-secret"])
    #expect(result.status == 0)
    #expect(
      result.output.contains(
        "credentials of any instance:\n  source: environment variables, key …1234"))
  }

  @Test("Asking whose they are needs STS, which may say no")
  func unknownCaller() async throws {
    let result = try await check(
      "", flags: ["--whoami"],
      environment: [
        "AWS_ACCESS_KEY_ID": "AKIACANARY0000001234", "AWS_SECRET_ACCESS_KEY": "canary-secret",
        "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1",
      ])
    #expect(result.status == 78)
    #expect(result.output.contains("caller: not told: AWS STS was not reached"))
  }
}
