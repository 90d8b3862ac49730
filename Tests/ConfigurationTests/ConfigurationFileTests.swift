import LocalHTTP
import Testing

@testable import Configuration

@Suite("A configuration file")
struct ConfigurationFileTests {
  @Test func `sets every kind of value`() throws {
    let configuration = try load(
      """
      listen = ["[::1]:80", "unix:/run/x.sock"]
      log_format = "json"
      no_verify_ssl = true
      cli_read_timeout = 0
      token_group = "desk"
      socket_users = ["sam", "1000"]
      allowed_hosts = ["Desk.Example", "[FD00::1]"]
      request_timeout = "1500ms"

      [cache]
      refresh_before = "10m"
      max_entries = 7

      [upstream]
      rate = 0.5

      [limits]
      max_body_bytes = 0
      shutdown_timeout = "250ms"

      [instances.sales]
      id = "11111111-2222-3333-4444-555555555555"
      region = "us-west-2"
      profile = "contact-centre"
      endpoint_url = "http://127.0.0.1:9999/base"
      warm = true

      [instances.a-1_b]
      id = "arn:aws:connect:us-east-1:123456789012:instance/66666666-7777-8888-9999-000000000000"
      """
    ).configuration

    var expected = try load().configuration
    expected.listen = [.tcp(host: "::1", port: 80), .unix(path: "/run/x.sock")]
    expected.logFormat = .json
    expected.noVerifySSL = true
    expected.cliReadTimeout = 0
    expected.tokenGroup = "desk"
    expected.socketUsers = ["sam", "1000"]
    expected.allowedHosts = ["desk.example", "fd00::1"]
    expected.requestTimeout = .milliseconds(1500)
    expected.cache.refreshBefore = .seconds(600)
    expected.cache.maxEntries = 7
    expected.rateLimit.rate = 0.5
    expected.limits.body = 0
    expected.shutdownTimeout = .milliseconds(250)
    var support = instance("a-1_b")
    support.id = "arn:aws:connect:us-east-1:123456789012:instance/66666666-7777-8888-9999-000000000000"
    var sales = instance("sales")
    sales.id = "11111111-2222-3333-4444-555555555555"
    sales.region = "us-west-2"
    sales.profile = "contact-centre"
    sales.endpointURL = "http://127.0.0.1:9999/base"
    sales.warm = true
    expected.instances = [support, sales]
    #expect(configuration == expected)
    #expect(!configuration.servesAnyInstance)
  }

  @Test(
    "is refused word for word",
    arguments: [
      (
        #"cache.max_entries = "many""#,
        #"FILE:1: cache.max_entries = "many": a whole number from 1 to 100000 is expected"#
      ),
      ("cache.max_entries = 0", "FILE:1: cache.max_entries = 0: a whole number from 1 to 100000 is expected"),
      ("cache.max_entries = 1.5", "FILE:1: cache.max_entries = 1.5: a whole number from 1 to 100000 is expected"),
      ("cache.max_entrys = 1", "FILE:1: unknown key cache.max_entrys (did you mean cache.max_entries?)"),
      ("cahce.max_entries = 1", "FILE:1: unknown key cahce (did you mean cache?)"),
      ("chache = 1", "FILE:1: unknown key chache (did you mean cache?)"),
      ("\"cache.max_entries\" = 1", "FILE:1: unknown key cache.max_entries (did you mean cache.max_entries?)"),
      ("broker = 1", "FILE:1: unknown key broker"),
      ("\"a\\u001B[2J\" = 1", "FILE: unknown key a[2J"),
      ("cache = 3", "FILE:1: cache = 3: a table is expected"),
      ("[[cache]]", "FILE:1: cache = […]: a table is expected"),
      ("region = { name = \"x\" }", "FILE:1: region = {…}: a region such as us-west-2 is expected"),
      ("region = \"-x\"", "FILE:1: region = \"-x\": a region such as us-west-2 is expected"),
      ("region = \"a/../b\"", "FILE:1: region = \"a/../b\": a region such as us-west-2 is expected"),
      ("emulate = \"true\"", "FILE:1: emulate = \"true\": true or false is expected; write true"),
      (
        "cli_read_timeout = -1",
        "FILE:1: cli_read_timeout = -1: a whole number of seconds from 0 to 86400 is expected"
      ),
      (
        "request_timeout = 30",
        "FILE:1: request_timeout = 30: a duration from 1s to 10m (ms, s, m or h) is expected; write \"30s\""
      ),
      (
        "request_timeout = \"1d\"",
        "FILE:1: request_timeout = \"1d\": a duration from 1s to 10m (ms, s, m or h) is expected"
      ),
      (
        "request_timeout = \"999999999999999999999h\"",
        "FILE:1: request_timeout = \"999999999999999999999h\": a duration from 1s to 10m (ms, s, m or h) is expected"
      ),
      ("upstream.rate = nan", "FILE:1: upstream.rate = nan: a number over 0 and up to 1000 is expected"),
      ("upstream.rate = inf", "FILE:1: upstream.rate = inf: a number over 0 and up to 1000 is expected"),
      ("upstream.rate = 0", "FILE:1: upstream.rate = 0: a number over 0 and up to 1000 is expected"),
      (
        "log_level = \"loud\"",
        "FILE:1: log_level = \"loud\": one of trace, debug, info, notice, warning, error, critical is expected"
      ),
      ("log_format = \"xml\"", "FILE:1: log_format = \"xml\": one of text, json is expected"),
      (
        "listen = [\"localhost:1\"]",
        "FILE:1: listen = \"localhost:1\": 127.0.0.1:PORT, [::1]:PORT or unix:/PATH of at most 107 bytes is expected; write \"127.0.0.1:1\""
      ),
      (
        "listen = [\"unix:run/x\"]",
        "FILE:1: listen = \"unix:run/x\": 127.0.0.1:PORT, [::1]:PORT or unix:/PATH of at most 107 bytes is expected"
      ),
      ("listen = [\"127.0.0.1:1\", \"127.0.0.1:1\"]", "FILE:1: listen = \"127.0.0.1:1\": it is listed twice"),
      (
        "socket_users = \"sam\"",
        "FILE:1: socket_users = \"sam\": a list of at most 1000 (each a name or a numeric id) is expected; write [\"sam\"], in brackets"
      ),
      ("socket_users = [1.5]", "FILE:1: socket_users = 1.5: a name or a numeric id is expected"),
      (
        "listen = [\"0.0.0.0:2776\"]",
        "FILE:1: listen = \"0.0.0.0:2776\": other machines can reach this address; allow_non_loopback = true in the "
          + "configuration file allows it"
      ),
      (
        "listen = [\"127.0.0.1:1\"]\nadmin_listen = [\"127.0.0.1:1\"]",
        "FILE:2: admin_listen = \"127.0.0.1:1\": listen has this address too"
      ),
      (
        "allowed_origins = [\"*\"]",
        "FILE:1: allowed_origins = \"*\": an origin such as https://desk.example.com is expected; name each origin: a list of all is not possible"
      ),
      (
        "allowed_hosts = [\"a:80\"]",
        "FILE:1: allowed_hosts = \"a:80\": a host name or an address without port is expected; write \"a\""
      ),
      (
        "endpoint_url = \"https://user:hunter2@h\"",
        "FILE:1: endpoint_url = \"***@h\": an http:// or https:// address without user name, query and fragment is expected"
      ),
      (
        "[instances.sales]",
        "FILE:1: instances.sales.id is missing: the instance's id or ARN is expected"
      ),
      (
        "[instances.sales]\nid = \"..\"",
        "FILE:2: instances.sales.id = \"..\": an instance id or ARN of 1 to 100 characters is expected"
      ),
      (
        "[instances.sales]\nid = \"i\"\nrole_arn = \"r\"",
        "FILE:3: instances.sales.role_arn = \"r\": a role's ARN such as arn:aws:iam::123456789012:role/NAME is expected"
      ),
      (
        "[instances.sales]\nid = \"i\"\nsession_names = [\"a b\"]",
        "FILE:3: instances.sales.session_names = \"a b\": a pattern of letters (a to z), digits, _+=,.@- and * or {peer}"
          + " is expected"
      ),
      (
        "[instances.sales]\nid = \"i\"\nexternal_id = \"e7\"",
        "FILE:3: instances.sales.external_id: it needs role_arn beside it"
      ),
      (
        "[instances.sales]\nid = \"i\"\nrole_arn = \"arn:aws:iam::1:role/r\"\nsession_names = [\"*\"]\nwarm = true",
        "FILE:5: instances.sales.warm = true: it needs role_session_name, which says whose token to keep"
      ),
      (
        "[instances.sales]\nid = \"i\"\nregoin = \"r\"",
        "FILE:3: unknown key instances.sales.regoin (did you mean instances.sales.region?)"
      ),
      (
        "[instances.\"a/b\"]\nid = \"i\"",
        "FILE:1: [instances.a/b]: an alias of 1 to 64 letters (a to z), digits, hyphens and underscores is expected, "
          + "the first a letter or digit"
      ),
      ("[instances]\nsales = \"i\"", "FILE:2: instances.sales = \"i\": a table is expected"),
      (
        "[instances.a]\nid = \"b\"\n[instances.b]\nid = \"c\"",
        "FILE:4: instances.b: this alias is the id of another instance"
      ),
      (
        "instance_id = [\"i\", \"j\"]\ncache.max_entries = 1",
        "FILE:2: cache.max_entries = 1: there are 2 warm instances, which must all fit"
      ),
      ("region = ", "FILE:1: syntax: a value is missing after region ="),
    ])
  func refusal(toml: String, problem: String) throws {
    #expect(try problems(toml + "\n") == [problem])
  }

  @Test func `is checked to its end, whatever is wrong before`() throws {
    let found = try problems(
      """
      region = 7
      nonsense = true
      [cache]
      idle_after = "forever"
      [instances.sales]
      id = ""
      """, environment: ["HOME": "/home/sam", "FEDBROKER_EMULATE": "yes"])
    #expect(
      found == [
        "FILE:4: cache.idle_after = \"forever\": a duration from 1s to 168h (ms, s, m or h) is expected",
        "FILE:6: instances.sales.id = \"\": an instance id or ARN of 1 to 100 characters is expected",
        "FILE:2: unknown key nonsense",
        "FILE:1: region = 7: a region such as us-west-2 is expected; write \"7\", in quotation marks",
        "FEDBROKER_EMULATE = \"yes\": true or false is expected; write true",
      ])
    #expect(ConfigurationError(["a", "b"]).description == "a\nb")
  }

  @Test func `is quoted in short and without control characters`() throws {
    let long = String(repeating: "x", count: 61)
    #expect(
      try problems("log_format = \"\(long)\"")
        == ["FILE:1: log_format = \"\(long.dropLast())…\": one of text, json is expected"])
    #expect(
      try problems(#"log_format = "a\u001B[31m\u202Eb\n""#)
        == ["FILE:1: log_format = \"a[31mb\": one of text, json is expected"])
  }

  @Test func `may open listen to other machines, and admin_listen is open anyway`() throws {
    let loaded = try load(
      """
      listen = ["0.0.0.0:2776"]
      admin_listen = ["[::]:9000"]
      allow_non_loopback = true
      """)
    #expect(loaded.configuration.listen == [.tcp(host: "0.0.0.0", port: 2776)])
    #expect(try problems("admin_listen = [\"0.0.0.0:9000\"]").isEmpty)
  }

  @Test func `may give one id two aliases with different identities`() throws {
    let loaded = try load(
      """
      [instances.a]
      id = "i"
      profile = "one"
      [instances.b]
      id = "i"
      profile = "two"
      """)
    #expect(loaded.configuration.instances.map(\.alias) == ["a", "b"])
  }

  @Test func `is not needed where none is named`() throws {
    let loaded = try ConfigurationLoader.load(
      flags: FlagOverrides(), environment: ["HOME": "/home/sam"], defaultFile: "/nonexistent/fedbroker.toml")
    #expect(loaded.origins.isEmpty)
    #expect(loaded.configuration.servesAnyInstance)
  }

  @Test func `is read from the default place where it exists`() throws {
    try withTemporaryFile(Array("region = \"eu-west-2\"".utf8)) { path in
      let loaded = try ConfigurationLoader.load(
        flags: FlagOverrides(), environment: ["HOME": "/home/sam"], defaultFile: path)
      #expect(loaded.configuration.region == "eu-west-2")
    }
  }

  @Test(
    "must exist where it is named, be a file and be readable",
    arguments: [
      ("/nonexistent/x.toml", "/nonexistent/x.toml: there is no such file"),
      ("/dev/null", "/dev/null: not a regular file"),
      ("/tmp", "/tmp: not a regular file"),
      ("/proc/self/mem", "/proc/self/mem: cannot be read: Input/output error"),
    ])
  func unreadable(path: String, problem: String) {
    var flags = FlagOverrides()
    flags.config = path
    #expect(throws: ConfigurationError([problem])) {
      try ConfigurationLoader.load(flags: flags, environment: ["HOME": "/home/sam"])
    }
    #expect(throws: ConfigurationError([problem])) {
      try ConfigurationLoader.load(
        flags: FlagOverrides(), environment: ["HOME": "/home/sam", "FEDBROKER_CONFIG": path])
    }
  }

  @Test func `has at most 1 MiB`() throws {
    let largest = [UInt8](repeating: UInt8(ascii: "#"), count: ConfigurationFile.largestSize)
    #expect(throws: Never.self) { try load(bytes: largest) }
    #expect(throws: ConfigurationError(["FILE: larger than 1 MiB"])) { try load(bytes: largest + [10]) }
  }
}
