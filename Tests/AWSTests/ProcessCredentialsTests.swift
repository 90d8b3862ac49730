import AWS
import Secrets
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ProcessCredentialsTests {
  private let directory = ScratchDirectory()

  /// A script in a directory whose name has a space, so that the command needs quotes.
  private func command(_ script: String) -> String {
    directory.write("script", script)
    return "sh \"\(directory.path)/script\""
  }

  private func fixture(_ script: String, environment: [String: String] = [:]) -> CredentialFixture {
    CredentialFixture(
      config: "[default]\ncredential_process = \(command(script))\n",
      environment: environment.merging(["PATH": "/usr/bin:/bin"]) { $1 })
  }

  @Test func `What the program prints is taken`() async throws {
    let fixture = fixture(
      """
      echo 'a word on standard error' >&2
      echo '{"Version": 1, "AccessKeyId": "PID", "SecretAccessKey": "s\\u0041", "SessionToken": "t",'
      echo '"Expiration": "2100-01-01T00:00:00+00:00", "More": {}}'
      """)
    let credentials = try await fixture.resolver.credentials(for: Identity())
    #expect(credentials.accessKeyID == "PID")
    #expect(credentials.secretAccessKey.exposed == "sA")
    #expect(credentials.sessionToken?.exposed == "t")
    #expect(credentials.expiration == 4_102_444_800_000)
  }

  @Test(arguments: [
    ("exit 3", "status 3"), ("kill -9 $$", "signal 9"), ("true", "JSON"), ("echo '[]'", "JSON"),
    ("echo '{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\"}'", "Version"),
    ("echo '{\"Version\":\"1\",\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\"}'", "Version"),
    ("echo '{\"Version\":2,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\"}'", "Version"),
    ("echo '{\"Version\":1,\"AccessKeyId\":\"A\"}'", "SecretAccessKey"),
    ("echo '{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\",\"Expiration\":\"soon\"}'", "Expiration"),
    (
      "echo '{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\",\"Expiration\":\"2000-01-01T00:00:00Z\"}'",
      "expired"
    ),
    ("head -c 1000000 /dev/zero", "more than credentials"),
  ])
  func `What goes wrong is told without the command and its output`(script: String, message: String) async {
    let fixture = fixture("echo canary >&2; : canary-argument\n\(script)")
    let error = await fixture.error()
    #expect(error?.reason == .noCredentials)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("profile default") == true)
    #expect(error?.message.contains("canary") == false && error?.message.contains(directory.path) == false)
  }

  @Test func `A megabyte on standard error holds nothing up`() async throws {
    let fixture = fixture(
      "head -c 1000000 /dev/zero >&2; echo '{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\"}'")
    #expect(try await fixture.resolver.credentials(for: Identity()).accessKeyID == "A")
  }

  @Test func `The program's environment is the daemon's without its own settings`() async throws {
    let fixture = fixture(
      "echo \"{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"$NAME${FEDBROKER_TOKEN_FILE}x\\\",\\\"SecretAccessKey\\\":\\\"s\\\"}\"",
      environment: ["NAME": "n", "FEDBROKER_TOKEN_FILE": "canary"])
    #expect(try await fixture.resolver.credentials(for: Identity()).accessKeyID == "nx")
  }

  @Test(arguments: ["", "'open", "/nowhere/program", "\\"])
  func `A command that is none is an error`(command: String) async {
    let error = await CredentialFixture(config: "[default]\ncredential_process = \(command)\n").error()
    #expect(error?.reason == .noCredentials)
    #expect(error?.message.contains("credential_process of profile default") == true)
  }
}
