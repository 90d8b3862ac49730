import JSON
import TestSupport
import Testing

/// `check-config` without `--credentials`, and `status --config`, as an administrator uses them.
@Suite(.timeLimit(.minutes(10)))
struct CheckConfigTests {
  private let directory = ScratchDirectory()

  private func check(_ configuration: String, _ environment: [String: String] = [:]) async throws -> (
    status: Int32, output: String, error: String
  ) {
    let file = directory.write("fedbroker.toml", configuration)
    let result = try await LoggedProcess.run(
      Deployment.binary, ["check-config", file],
      environment: Deployment.environment(directory).merging([
        "AWS_CONFIG_FILE": "\(directory.path)/config", "AWS_SHARED_CREDENTIALS_FILE": "\(directory.path)/credentials",
        "AWS_EC2_METADATA_DISABLED": "true",
      ]) { $1 }.merging(environment) { $1 })
    return (
      result.status, result.output.replacing(directory.path, with: "DIR"),
      result.error.replacing(directory.path, with: "DIR")
    )
  }

  @Test("A good file ends with OK and a summary")
  func good() async throws {
    directory.write(
      "config",
      "[profile contact-centre]\nregion = us-west-2\naws_access_key_id = a\naws_secret_access_key = b\n")
    let result = try await check(
      """
      listen = ["127.0.0.1:2776"]
      [instances.sales]
      id = "11111111-2222-3333-4444-555555555555"
      profile = "contact-centre"
      warm = true
      [instances.support]
      id = "arn:aws:connect:us-east-1:123456789012:instance/66666666-7777-8888-9999-000000000000"
      """)
    #expect(result.status == 0)
    #expect(result.error == "")
    #expect(result.output.hasSuffix("\n\nOK: 2 instances (1 warm) on 127.0.0.1:2776\n"), "\(result.output)")
    let emulated = try await check("emulate = true\nlisten = [\"unix:/x\"]\n")
    #expect(emulated.output.hasSuffix("\n\nOK: any instance on unix:/x, emulated\n"))
  }

  @Test("What the start would refuse is refused, with its line")
  func accounts() async throws {
    let result = try await check(
      """
      token_group = "no-such-group"
      socket_groups = ["root", "nobody-here"]

      socket_users = ["root", "0", "4711", "no-such-user"]
      """)
    #expect(result.status == 78)
    #expect(!result.output.contains("OK"))
    #expect(
      result.error == """
        fedbroker: DIR/fedbroker.toml:4: socket_users = "no-such-user": there is no user no-such-user
        fedbroker: DIR/fedbroker.toml:2: socket_groups = "nobody-here": there is no group nobody-here
        fedbroker: DIR/fedbroker.toml:1: token_group = "no-such-group": there is no group no-such-group

        """)
  }

  @Test("What is probably a mistake is a warning, with its line and how to mend it")
  func warnings() async throws {
    directory.write(
      "config",
      """
      [contact-centre]
      aws_access_key_id = AKIACANARY0000001234
      aws_secret_access_key = canary-secret
      [profile front-desk]
      region = eu-west-2
      """)
    directory.write("credentials", "[profile tool]\naws_access_key_id = AKIACANARY0000001234\n")
    let result = try await check(
      """
      region = "us-wset-2"
      listen = ["127.0.0.1:2776"]
      [instances.a]
      id = "1"
      profile = "frontdesk"
      [instances.b]
      id = "arn:aws:connect:mars-north-1:123456789012:instance/i"
      [instances.c]
      id = "3"
      region = "us-west-2a"
      profile = "front-desk"
      """)
    #expect(result.status == 0, "\(result.error)")
    #expect(
      result.output.hasSuffix(
        "\nOK: 3 instances (0 warm) on 127.0.0.1:2776, 6 warnings\n"))
    let unknown = "is in no AWS partition that this version knows;"
    let form = "a region is named like us-west-2, without the letter of a zone"
    let neither = "neither DIR/config nor DIR/credentials has this profile;"
    let expected: [String] = [
      "DIR/fedbroker.toml:1: region: us-wset-2 \(unknown) did you mean us-west-2?",
      "DIR/fedbroker.toml:7: instances.b.id: mars-north-1 \(unknown) \(form)",
      "DIR/fedbroker.toml:10: instances.c.region: us-west-2a \(unknown) did you mean us-west-2?",
      "DIR/fedbroker.toml:5: instances.a.profile = \"frontdesk\": \(neither) did you mean front-desk?",
      "DIR/config, line 2: [contact-centre] is passed over: a profile of this file is named [profile contact-centre]",
      "DIR/credentials, line 2: [profile tool] is no profile tool: a profile of this file is named [tool]",
    ]
    let found = result.error.split(separator: "\n").map { String($0.dropFirst("fedbroker: warning: ".count)) }
    #expect(found == expected)
  }

  @Test("A warm instance that has no region is a warning, unless something gives it one")
  func warmWithoutRegion() async throws {
    let configuration = "[instances.a]\nid = \"1\"\nwarm = true\n"
    let result = try await check(configuration)
    #expect(
      result.error.hasPrefix(
        "fedbroker: warning: DIR/fedbroker.toml:3: instances.a.warm: a: it is warm, but has no region: set region"))
    let keys = ["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"]
    #expect(try await check(configuration, keys.merging(["AWS_REGION": "us-east-1"]) { $1 }).error == "")
    let listed = try await check("instance_id = [\"1\"]\n", keys)
    #expect(
      listed.error.hasPrefix(
        "fedbroker: warning: DIR/fedbroker.toml:1: instance_id: 1: it is warm, but has no region: set region"))
    #expect(try await check("emulate = true\n\(configuration)").error == "")
  }

  @Test("A secret in the wrong file is not repeated")
  func misplacedSecret() async throws {
    for line in ["aws_secret_access_key = \"canary/secret\"", "aws_secret_access_key = canary/secret"] {
      let result = try await check("region = \"us-west-2\"\n\(line)\n")
      #expect(result.status == 78)
      #expect(result.error.contains("fedbroker.toml:2: "))
      #expect(!result.error.contains("canary"), "\(result.error)")
    }
  }

  @Test("status --config prints what the daemon has in force, not what the file has become")
  func inForce() async throws {
    let deployment = try await Deployment(
      configuration: "cache.max_entries = 7\nprofile = \"a\\\"b\"\nlimits.idle_timeout = \"90s\"")
    let environment = Deployment.environment(deployment.directory).merging(["FEDBROKER_LISTEN": deployment.address]) {
      $1
    }
    func status(_ flags: [String] = []) async throws -> (status: Int32, output: String, error: String) {
      try await LoggedProcess.run(Deployment.binary, ["status", "--config"] + flags, environment: environment)
    }
    deployment.directory.write("fedbroker.toml", "cache.max_entries = 8\n")
    let shown = try await status()
    #expect(shown.status == 0, "\(shown.error)")
    let file = "\(deployment.directory.path)/fedbroker.toml"
    #expect(shown.output.contains("\n[cache]\n"))
    #expect(shown.output.contains("\nmax_entries = 7  # file \(file)\n"))
    #expect(shown.output.contains("\nprofile = \"a\\\"b\"  # file \(file)\n"))
    #expect(shown.output.contains("\nidle_timeout = \"90s\"  # file \(file)\n"))
    #expect(shown.output.contains("listen = [\"127.0.0.1:0\"]  # flag --listen\n"))
    #expect(shown.output.contains("# region is not set\n"))
    deployment.daemon.signal(1)
    try await deployment.daemon.line(containing: " reloaded ")
    #expect(try await status().output.contains("\nmax_entries = 8  # file \(file)\n"))
    let json = try JSONValue(parsing: try await status(["--json"]).output)
    #expect(json["settings"]?.array?.isEmpty == false)
    await deployment.stop()
  }
}
