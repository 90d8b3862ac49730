import AWS
import JSON
import Secrets
import TestSupport
import Testing

private let keys = "aws_access_key_id = A\naws_secret_access_key = the-secret\n"

struct CredentialTests {
  @Test func `Every row of the table of profiles resolves as in botocore`() async throws {
    let rows = try Oracle.rows("profiles.jsonl")
    #expect(rows.count > 40)
    for row in rows {
      let name = try #require(row["name"]?.string)
      var environment: [String: String] = [:]
      if case .object(let variables) = row["environment"] {
        for member in variables.members { environment[member.name] = member.value.string }
      }
      let fixture = CredentialFixture(
        config: row["config"]?.string, credentials: row["credentials"]?.string, environment: environment,
        profile: row["profile"]?.string)
      guard let expected = row["found"] else {
        #expect(await fixture.error()?.reason == .noCredentials, "\(name)")
        continue
      }
      let found = try? await fixture.resolver.credentials(for: Identity())
      #expect(found?.accessKeyID == expected["accessKeyID"]?.string, "\(name)")
      #expect(found?.secretAccessKey.exposed == expected["secretAccessKey"]?.string, "\(name)")
      #expect(found?.sessionToken?.exposed == expected["sessionToken"]?.string, "\(name)")
      var settings = UpstreamSettings()
      settings.profile = row["profile"]?.string
      let profile = ProfileName(identity: Identity(), settings: settings, environment: fixture.environment)
      let region = try? Region.resolve(
        instanceRegion: nil, instanceID: "x", settings: settings, environment: fixture.environment,
        section: fixture.files.load().profile(profile.name))
      #expect(region?.name == expected["region"]?.string, "\(name)")
    }
  }

  @Test(.enabled(if: Oracle.isExpected))
  func `The table of profiles is what botocore makes`() throws {
    #expect(Oracle.run("profiles.py", table: "profiles.jsonl") == Oracle.text("profiles.jsonl"))
  }

  @Test func `The profile of an identity removes the environment source too`() async throws {
    let fixture = CredentialFixture(
      credentials: "[p]\n\(keys)", environment: ["AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "s"])
    #expect(try await fixture.resolver.credentials(for: Identity()).accessKeyID == "E")
    #expect(try await fixture.resolver.credentials(for: Identity(profile: "p")).accessKeyID == "A")
  }

  @Test(arguments: ["role_arn", "web_identity_token_file"])
  func `A profile that wants a role fails without what it needs, though keys stand beside it`(key: String) async {
    let fixture = CredentialFixture(config: "[default]\n\(key) = x\n", credentials: "[default]\n\(keys)")
    let error = await fixture.error()
    #expect(error?.reason == .noCredentials)
    #expect(error?.message.contains(key) == true)
  }

  @Test(arguments: ["login_session", "credential_process"])
  func `A source between the two files' keys yields to the credentials file and precedes the config file`(
    key: String
  ) async throws {
    let config = "[default]\n\(key) = x\naws_access_key_id = C\naws_secret_access_key = s\n"
    let both = CredentialFixture(config: config, credentials: "[default]\n\(keys)")
    #expect(try await both.resolver.credentials(for: Identity()).accessKeyID == "A")
    #expect(await CredentialFixture(config: config).error()?.message.contains(key) == true)
  }

  @Test(arguments: [
    ("[default]\n\naws_access_key_id\n", "line 3"), ("x = 1\n", "line 1"), ("[a]\n[b]\n[a]\n", "line 3"),
    ("[a]\r\nx=1\r\nx=2\r\n", "line 3"), ("[a]\nx =\n  y\n", "line 2"),
  ])
  func `A parse error names the file and the line, and quotes nothing`(text: String, line: String) async {
    let error = await CredentialFixture(credentials: text).error()
    #expect(error?.message.contains(".aws/credentials, \(line):") == true)
    #expect(error?.message.contains("aws_access_key_id") == false)
  }

  @Test func `A file that is not UTF-8 is an error`() async {
    let fixture = CredentialFixture()
    fixture.directory.write(".aws/credentials", bytes: [0x5B, 0x61, 0x5D, 0x0A, 0xFF])
    #expect(await fixture.error()?.message.contains("UTF-8") == true)
  }

  @Test func `Partial keys name their source and not their value`() async {
    let fixture = CredentialFixture(config: "[default]\naws_access_key_id = AKIA\n")
    let message = await fixture.error()?.message ?? ""
    #expect(message.contains("aws_secret_access_key") && message.contains(".aws/config"))
    #expect(!message.contains("AKIA"))
  }

  @Test(arguments: [("2000-01-01T00:00:00Z", false), ("2100-01-01T00:00:00Z", true), ("soon", false)])
  func `Keys of the environment may expire`(expiration: String, isLive: Bool) async {
    let fixture = CredentialFixture(environment: [
      "AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "s", "AWS_CREDENTIAL_EXPIRATION": expiration,
    ])
    #expect(await (fixture.error() == nil) == isLive)
  }

  @Test func `systemd's credentials stand in for the home directory, but not for the variables`() async throws {
    let system = ScratchDirectory()
    system.write("aws-credentials", "[default]\naws_access_key_id = S\naws_secret_access_key = s\n")
    let fixture = CredentialFixture(
      credentials: "[default]\n\(keys)", environment: ["CREDENTIALS_DIRECTORY": system.path])
    #expect(try await fixture.resolver.credentials(for: Identity()).accessKeyID == "S")
    let named = CredentialFixture(
      credentials: "[default]\n\(keys)",
      environment: ["CREDENTIALS_DIRECTORY": system.path, "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials"])
    #expect(try await named.resolver.credentials(for: Identity()).accessKeyID == "A")
  }

  @Test func `A directory in a file's place counts as no file`() async {
    let fixture = CredentialFixture(environment: ["AWS_SHARED_CREDENTIALS_FILE": "/"])
    #expect(await fixture.error()?.message.contains("no AWS credentials") == true)
  }
}
