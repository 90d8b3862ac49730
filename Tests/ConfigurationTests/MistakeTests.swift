import Testing

@testable import Configuration

@Suite("A common mistake in the file is named, with its line and how to mend it")
struct MistakeTests {
  @Test(
    "of TOML's grammar",
    arguments: [
      ("region = us-west-2", "1: syntax: text stands in quotation marks: region = \"…\""),
      ("\nregion = 2us", "2: syntax: text stands in quotation marks: region = \"…\""),
      ("region = eu-west-2 # Ireland's neighbour", "1: syntax: text stands in quotation marks: region = \"…\""),
      (
        "[instances.a]\nid = 11111111-2222-3333-4444-555555555555",
        "2: syntax: text stands in quotation marks: id = \"…\""
      ),
      ("token_file = /run/fedbroker/token", "1: syntax: text stands in quotation marks: token_file = \"…\""),
      (
        "endpoint_url = https://connect.example.com/", "1: syntax: text stands in quotation marks: endpoint_url = \"…\""
      ),
      ("listen = 127.0.0.1:2776", "1: syntax: text stands in quotation marks: listen = \"…\""),
      ("region = \"us-west-2", "1: syntax: the \" at the end of the text is missing"),
      ("region = 'us-west-2", "1: syntax: the ' at the end of the text is missing"),
      ("region = us-west-2\"", "1: syntax: text stands in quotation marks: region = \"…\""),
      (#"ca_bundle = "C:\Users\sam\ca.pem""#, "1: syntax: \(backslash)"),
      (#"ca_bundle = "C:\ca""#, "1: syntax: \(backslash)"),
      (#"listen = ["unix:\run\x"]"#, "1: syntax: \(backslash)"),
      (
        "region = \u{201C}us-west-2\u{201D}",
        "1: syntax: a typographic quotation mark (“): text stands in straight ones, \"…\""
      ),
      (
        "profile = \u{2018}a\u{2019}",
        "1: syntax: a typographic quotation mark (‘): text stands in straight ones, \"…\""
      ),
      ("region\u{A0}= \"a\"", "1: syntax: an invisible character (U+00A0): type a plain space"),
      ("region = eu\u{2013}west-1", "1: syntax: a typographic dash (–): type -, and put text in quotation marks"),
      ("region \"us-west-2\"", "1: syntax: = is missing after region"),
      ("region", "1: syntax: = and a value are missing after region"),
      ("region: us-west-2", "1: syntax: = is expected after region, not :"),
      ("region : \"us-west-2\"", "1: syntax: = is expected after region, not :"),
      ("region == \"us-west-2\"", "1: syntax: one = is enough"),
      ("region =", "1: syntax: a value is missing after region ="),
      ("region = # none", "1: syntax: a value is missing after region ="),
      ("export region = \"a\"", "1: syntax: a key has no spaces: export is followed by another word"),
      ("emulate = yes", "1: syntax: emulate = true or emulate = false is expected, in lower case"),
      ("emulate = True", "1: syntax: emulate = true or emulate = false is expected, in lower case"),
      ("emulate = off", "1: syntax: emulate = true or emulate = false is expected, in lower case"),
      ("region = null", "1: syntax: leave the line out, or put # before it, where region has no value"),
      ("request_timeout = 30s", "1: syntax: a duration stands in quotation marks: request_timeout = \"5m\""),
      ("upstream.rate = 0,5", "1: syntax: the decimal sign is a point"),
      ("cli_read_timeout = 060", "1: syntax: a number has no zeros in front"),
      ("socket_users = \"sam\", \"kim\"", "1: syntax: several values stand in brackets: [\"…\", \"…\"]"),
      (
        "socket_users = sam, kim",
        "1: syntax: several values stand in brackets and quotation marks: socket_users = [\"…\", \"…\"]"
      ),
      ("socket_users = [sam, kim]", "1: syntax: each text of a list stands in quotation marks: [\"…\", \"…\"]"),
      ("socket_users = [\"sam\" \"kim\"]", "1: syntax: a comma is missing between the values"),
      (
        "socket_users = [\n  \"sam\",\n  kim\n]",
        "3: syntax: each text of a list stands in quotation marks: [\"…\", \"…\"]"
      ),
      ("socket_users = [\n  \"sam,\n  \"kim\"\n]", "2: syntax: the \" at the end of the text is missing"),
      (
        "\nsocket_users = [\"sam\"\nregion = \"us-west-2\"",
        "3: syntax: the ] of the list that starts on line 2 is missing"
      ),
      ("region = \"a\" \"b\"", "1: syntax: there is more text after the closing quotation mark"),
      ("[cache\nmax_entries = 1", "1: syntax: the ] after the name of the table is missing"),
      ("[instances.front desk]\nid = \"i\"", "1: syntax: the name of a table has no spaces"),
      (
        "[instances.a@b]\nid = \"i\"",
        "1: syntax: the name of a table has letters (a to z), digits, hyphens and underscores only"
      ),
      ("// a comment", "1: syntax: a comment starts with #"),
      ("; a comment", "1: syntax: a comment starts with #"),
      ("emulate = true\nregion = \"a\"\nemulate = false", "3: syntax: emulate occurs twice, first on line 1"),
      ("[cache]\nmax_entries = 1\n\n[cache]\n", "4: syntax: cache occurs twice, first on line 1"),
      (
        "[instances.a]\nid = \"i\"\n[instances.b]\nid = \"j\"\n[instances.a]",
        "5: syntax: instances.a occurs twice, first on line 1"
      ),
    ])
  func syntax(toml: String, problem: String) throws {
    for text in [toml, toml + "\n", toml.replacing("\n", with: "\r\n") + "\r\n"] {
      let problems = try problems(text)
      #expect(problems.count == 1)
      // The parser's column stands where its own words do.
      #expect(problems.first == "FILE:\(problem)", "\(text)")
    }
  }

  private static let backslash =
    #"a backslash in "…" starts an escape: put a Windows path in single quotation marks, or double each backslash"#

  @Test(
    "of a value",
    arguments: [
      ("emulate = \"yes\"", "write true"), ("emulate = 0", "write false"), ("request_timeout = 30", "write \"30s\""),
      ("request_timeout = \"30\"", "write \"30s\""), ("request_timeout = \"2 minutes\"", "write \"2m\""),
      ("request_timeout = \"1m30s\"", "write \"90s\""), ("cache.idle_after = \"1 day\"", "write \"24h\""),
      ("cache.max_entries = \"10\"", "write 10"), ("cli_read_timeout = \"30s\"", "write 30"),
      ("cli_read_timeout = 30.0", "write 30"), ("upstream.rate = \"0,5\"", "write 0.5"),
      ("socket_users = \"sam\"", "write [\"sam\"], in brackets"),
      ("socket_users = \"sam, kim\"", "write [\"sam\", \"kim\"], in brackets"),
      ("log_level = \"INFO\"", "write \"info\""), ("log_level = \"warn\"", "write \"warning\""),
      ("log_format = \"jsn\"", "write \"json\""),
      ("listen = [\"localhost:2776\"]", "write \"127.0.0.1:2776\""),
      ("listen = [\":2776\"]", "write \"127.0.0.1:2776\""),
      ("listen = [\"2776\"]", "write \"127.0.0.1:2776\""), ("listen = [\"/run/x.sock\"]", "write \"unix:/run/x.sock\""),
      ("listen = [\"http://127.0.0.1:80/\"]", "write \"127.0.0.1:80\""),
      ("listen = [\"127.0.0.1\"]", "write \"127.0.0.1:2776\""),
      ("region = \"US-West-2\"", "write \"us-west-2\""), ("region = \"us_west_2\"", "write \"us-west-2\""),
      (
        "allowed_origins = [\"https://desk.example.com/\"]",
        "write \"https://desk.example.com\", without a path or a slash at its end"
      ),
      ("allowed_origins = [\"desk.example.com\"]", "write \"https://desk.example.com\""),
      ("allowed_hosts = [\"https://desk.example.com/\"]", "write \"desk.example.com\""),
      ("endpoint_url = \"connect.example.com\"", "write \"https://connect.example.com\""),
      ("token_file = \"~/token\"", "write the whole path: ~ is not replaced here"),
      ("token_file = \"/run/fedbroker/\"", "the slash at its end makes it a directory"),
      (#"token_file = 'C:\token'"#, "this is a path of Windows, and this is Linux"),
      (
        "[instances.a]\nid = \"arn:aws:s3:::bucket\"",
        "write an ARN of Amazon Connect: arn:aws:connect:REGION:ACCOUNT:instance/ID"
      ),
      (
        "[instances.a]\nid = \"arn:aws:connect:us-east-1:123456789012:instance/i/agent/a\"",
        "write an ARN of Amazon Connect: arn:aws:connect:REGION:ACCOUNT:instance/ID"
      ),
      (
        "instance_id = [\"https://sales.my.connect.aws\"]",
        "this is an address: the id stands behind instance/ in the instance's ARN"
      ),
    ])
  func value(toml: String, mend: String) throws {
    let problems = try problems(toml)
    #expect(problems.count == 1, "\(problems)")
    let line = toml.split(separator: "\n").count
    #expect(problems.first?.hasPrefix("FILE:\(line): ") == true, "\(problems)")
    #expect(problems.first?.hasSuffix(" is expected; \(mend)") == true, "\(problems)")
  }

  @Test(
    "of a key",
    arguments: [
      ("aws_secret_access_key = \"canary\"", "1: unknown key aws_secret_access_key (AWS credentials do not belong"),
      (
        "[instances.a]\nid = \"i\"\naws_access_key_id = \"canary\"",
        "3: unknown key instances.a.aws_access_key_id (AWS credentials do not belong"
      ),
      ("token-file = \"/t\"", "1: unknown key token-file (did you mean token_file?)"),
      (
        "\n[cache]\nregion = \"us-west-2\"",
        "3: unknown key cache.region (did you mean region, which stands above the first [table]?)"
      ),
      ("max_entries = 3", "1: unknown key max_entries (did you mean cache.max_entries, in another table?)"),
      ("[[access]]\n[[access]]\n\nuser = [\"x\"]", "4: unknown key access[2].user (did you mean access[2].users?)"),
      ("[cache]\n\nmax_entrys = 3", "3: unknown key cache.max_entrys (did you mean cache.max_entries?)"),
    ])
  func key(toml: String, start: String) throws {
    let problem = try #require(try problems(toml).first)
    #expect(problem.hasPrefix("FILE:\(start)"), "\(problem)")
    #expect(!problem.contains("canary"))
  }

  @Test("of what the keys say together, as a warning")
  func warnings() throws {
    let warnings = try load(
      """
      [instances.a]
      id = "arn:aws:connect:us-east-1:123456789012:instance/i"
      region = "us-west-2"
      [instances.b]
      id = "j"
      region = "us-west-2"
      [instances.c]
      id = "j"
      region = "us-west-2"
      warm = true
      [instances.d]
      id = "arn:aws:connect:us-west-2:123456789012:instance/j"
      [instances.e]
      id = "j"
      region = "us-west-2"
      profile = "other"
      """
    ).warnings.map { $0.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? "" }
    #expect(
      warnings == [
        "instances.a.region = \"us-west-2\": the ARN names us-east-1; leave region out",
        "instances.c.id = \"j\": b is the same instance with the same identity; \(mend)",
        "instances.d.id = \"arn:aws:connect:us-west-2:123456789012:instance/j\": c is the same instance with the same"
          + " identity; \(mend)",
      ])
  }

  private let mend = "give one of them another profile, role_arn or role_session_name, or remove it"
}
