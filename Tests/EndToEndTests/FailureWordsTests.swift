import FoundationEssentials
import Glibc
import JSON
import Outbound
import Secrets
import TestSupport
import Testing

/// How the real program words and counts what keeps a token away.
///
/// One after the other: each daemon takes one of the 128 inotify instances that the kernel gives a user.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct FailureWordsTests {
  /// Ways to have no credentials.
  private struct Row: CustomTestStringConvertible, Sendable {
    let testDescription: String
    var config = ""
    var environment: [String: String] = [:]
    /// Made in the daemon's directory first.
    var script = ":"
    /// What stands in the answer, and how to mend it.
    let words: String
  }

  private static let session = """
    sso_session = corp
    sso_account_id = 1
    sso_role_name = r
    [sso-session corp]
    sso_start_url = https://start.example.com
    sso_region = us-east-1

    """
  private static let ended =
    #"mkdir -p .aws/sso/cache && printf '{"startUrl":"https://start.example.com","region":"us-east-1","#
    + #""accessToken":"a","expiresAt":"2020-01-01T00:00:00Z"}' > "#
    + #".aws/sso/cache/$(printf corp | sha1sum | cut -d" " -f1).json"#

  private static let signIn = "run fedbroker login --profile default, or aws sso login --sso-session corp"

  private static let rows: [Row] = [
    Row(testDescription: "no source has any", words: "no source of the default chain has any"),
    Row(
      testDescription: "a sign-in that has ended", config: session, script: ended,
      words: "expired at 2020-01-01T00:00:00Z: \(signIn)"),
    Row(testDescription: "no sign-in", config: session, words: signIn),
    Row(
      testDescription: "no session of the console's sign-in", config: "login_session = arn:aws:iam::1:user/u\n",
      words: "run aws login"),
    Row(
      testDescription: "a profile that is gone", environment: ["AWS_PROFILE": "gone"],
      words: "profile (gone) is neither in"),
    Row(
      testDescription: "a source profile that is gone",
      config: "role_arn = arn:aws:iam::1:role/r\nsource_profile = gone\n",
      words: "gone"),
    Row(
      testDescription: "a program that fails", config: "credential_process = sh -c 'exit 3'\n",
      words: "ended with status 3: run the command in a terminal to see why"),
    Row(
      testDescription: "a program that is gone", config: "credential_process = /nowhere/program\n",
      words: "cannot be run"),
    Row(
      testDescription: "a program that prints something else", config: "credential_process = echo hello\n",
      words: "did not print a JSON object"),
    Row(
      testDescription: "half of a pair of keys", environment: ["AWS_ACCESS_KEY_ID": "A"],
      words: "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not"),
    Row(
      testDescription: "keys that have ended",
      environment: [
        "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t",
        "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z",
      ], words: "have expired (AWS_CREDENTIAL_EXPIRATION)"),
    Row(
      testDescription: "a token file that is gone",
      environment: ["AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere/token", "AWS_ROLE_ARN": "arn:aws:iam::1:role/r"],
      words: "/nowhere/token cannot be read: No such file or directory"),
    Row(
      testDescription: "a named pipe in place of the credentials file", script: "mkdir .aws && mkfifo .aws/credentials",
      words: ".aws/credentials cannot be read: not a regular file"),
    Row(
      testDescription: "a named pipe in place of the config file", script: "mkfifo config",
      words: "config cannot be read: not a regular file"),
    Row(
      testDescription: "a named pipe behind a link",
      script: "mkdir .aws && mkfifo pipe && ln -s ../pipe .aws/credentials",
      words: ".aws/credentials cannot be read: not a regular file"),
    Row(
      testDescription: "a container's address that is none",
      environment: ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "file:///etc/passwd"],
      words: "AWS_CONTAINER_CREDENTIALS_FULL_URI is not of the form"),
  ]

  @Test(arguments: rows)
  private func `Having no credentials is said with what mends it, and is no refusal of AWS`(row: Row) async throws {
    let directory = ScratchDirectory()
    #expect(ChildProcess.run(["sh", "-c", "cd '\(directory.path)' && \(row.script)"]).status == 0)
    if !row.script.contains("mkfifo config") {
      directory.write("config", "[default]\nregion = us-east-1\n\(row.config)")
    }
    let daemon = try await LoneDaemon(
      in: directory, endpoint: "http://127.0.0.1:1", ["--instance-id", "demo"],
      environment: [
        "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "\(directory.path)/config",
      ].merging(row.environment) { $1 })
    let line = try await daemon.process.line(containing: "there are no credentials for this identity")
    #expect(line.contains(row.words), "\(line)")
    let answer = try await daemon.ask()
    #expect(answer.status == 503)
    let problem = try SecretJSON(parsing: answer.body)
    #expect(problem["code"]?.string == "NoCredentials")
    #expect(problem["detail"]?.string?.contains(row.words) == true, "\(answer.body.exposed)")
    let metrics = try await daemon.ask("GET", "/metrics").body.exposed.split(separator: "\n")
    func value(_ outcome: String) -> Substring? {
      metrics.first { $0.hasPrefix("fedbroker_refreshes_total{outcome=\"\(outcome)\"} ") }?.split(separator: " ").last
    }
    #expect(value("rejected") == "0")
    #expect(value("no_credentials").flatMap { Int($0) } ?? 0 > 0)
    #expect(!daemon.process.standardError.contains("AWS refuses"))
    #expect(try await daemon.ask("GET", "/v1/instances").body.exposed.contains("NoCredentials"))
    await daemon.stop()
  }

  @Test(arguments: [
    ("AccessDeniedException", 403), ("UserNotFoundException", 404), ("ResourceNotFoundException", 404),
  ])
  func `A refusal of AWS is counted as one`(code: String, status: Int) async throws {
    let connect = Self.refusing(code, status)
    let daemon = try await LoneDaemon(endpoint: connect.url, ["--instance-id", "demo"])
    try await daemon.process.line(containing: "AWS refuses this identity: its token is erased")
    let metrics = try await daemon.ask("GET", "/metrics").body.exposed
    #expect(metrics.contains("fedbroker_refreshes_total{outcome=\"no_credentials\"} 0"))
    #expect(!metrics.contains("fedbroker_refreshes_total{outcome=\"rejected\"} 0"))
    await daemon.stop()
  }

  private static func refusing(_ code: String, _ status: Int) -> LoopbackServer {
    LoopbackServer { connection in
      while connection.readRequest() != nil {
        connection.respond(
          #"{"Message":"No user with the given credentials found."}"#, status: "\(status) No",
          fields: "x-amzn-ErrorType: \(code):http://internal\r\n")
      }
    }
  }

  private static let roles = LoopbackServer { connection in
    while let request = connection.readRequest() {
      let action = request.contains("Action=AssumeRoleWithWebIdentity&") ? "AssumeRoleWithWebIdentity" : "AssumeRole"
      connection.respond(
        """
        <R><\(action)Result><Credentials><AccessKeyId>KEY</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
        <SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></\(action)Result></R>
        """)
    }
  }

  @Test(arguments: [
    "ana@example.com", "ben", "a+b=c,d.e-f_g@h", "UPPER", "0123456789", "aa", String(repeating: "x", count: 64), "-.-",
    "@@", "_=",
  ])
  func `A user who is not found is named by the session name that was asked for`(name: String) async throws {
    let connect = Self.refusing("UserNotFoundException", 404)
    let id = "11111111-2222-3333-4444-555555555555"
    let daemon = try await LoneDaemon(
      endpoint: connect.url, environment: ["AWS_ENDPOINT_URL_STS": Self.roles.url],
      configuration: """
        [instances.desk]
        id = "\(id)"
        role_arn = "arn:aws:iam::123456789012:role/Agent"
        session_names = ["*"]
        [instances.fixed]
        id = "\(id)"
        role_arn = "arn:aws:iam::123456789012:role/Agent"
        role_session_name = "\(name)"
        """)
    let encoded = name.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    for path in ["desk/token?session_name=\(encoded)", "fixed/token"] {
      let answer = try await daemon.ask("GET", "/v1/instances/\(path)")
      #expect(answer.status == 404)
      let problem = try SecretJSON(parsing: answer.body)
      #expect(problem["code"]?.string == "UserNotFoundException")
      #expect(
        problem["detail"]?.string?.contains("(asked for the user whose name is \"\(name)\")") == true,
        "\(answer.body.exposed)")
    }
    // On the wire the words are AWS's.
    let wire = try await daemon.ask("GET", "/user/federate/fixed")
    #expect(wire.status == 404)
    #expect(try SecretJSON(parsing: wire.body)["message"]?.string == "No user with the given credentials found.")
    await daemon.stop()
  }

  @Test func `A user who is not found is the credentials' own, where no role is assumed`() async throws {
    let connect = Self.refusing("UserNotFoundException", 404)
    let daemon = try await LoneDaemon(endpoint: connect.url)
    let answer = try await daemon.ask().body.exposed
    #expect(answer.contains("asked for the user whose name is the credentials' own session name"))
    await daemon.stop()
  }
}
