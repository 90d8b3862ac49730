import LocalHTTP
import Testing

@testable import Configuration

@Suite("Where a value comes from")
struct PrecedenceTests {
  /// Four values for one flag, and how the lowest to the highest source says it.
  struct Sources: Sendable, CustomTestStringConvertible {
    let key: String
    let toml: String
    let environment: String
    let flag: @Sendable (inout FlagOverrides) -> Void
    /// As the file, the environment and the flag set it, in TOML.
    let expected: [String]

    var testDescription: String { key }
  }

  private static func text(
    _ key: String, _ values: [String], quoted: Bool = true
  ) -> Sources {
    let toml = quoted ? values.map { "\"\($0)\"" } : values
    return Sources(
      key: key, toml: toml[0], environment: values[1], flag: { $0.set(key, to: values[2]) }, expected: toml)
  }

  private static func list(
    _ key: String, _ values: [String]
  ) -> Sources {
    Sources(
      key: key, toml: "[\"\(values[0])\"]", environment: "\(values[1]), \(values[0])",
      flag: { $0.set(key, to: [values[2], values[1]]) },
      expected: [
        "[\"\(values[0])\"]", "[\"\(values[1])\", \"\(values[0])\"]", "[\"\(values[2])\", \"\(values[1])\"]",
      ])
  }

  private static func presence(_ key: String) -> Sources {
    Sources(
      key: key, toml: "true", environment: "0", flag: { $0.set(key, to: true) }, expected: ["true", "false", "true"])
  }

  private static let all: [Sources] = [
    list("listen", ["127.0.0.1:1", "127.0.0.1:2", "unix:/a/b"]),
    list("admin_listen", ["0.0.0.0:1", "0.0.0.0:2", "[::]:3"]),
    list("instance_id", ["a", "b", "c"]),
    text("token_file", ["/a", "/b", "c"]),
    text("region", ["us-east-1", "us-west-2", "eu-west-2"]),
    text("profile", ["one", "two", "three"]),
    text("endpoint_url", ["http://a", "https://b", "http://c:1"]),
    text("ca_bundle", ["/a", "/b", "/c"]),
    presence("no_verify_ssl"),
    presence("no_sign_request"),
    text("cli_connect_timeout", ["1", "2", "0"], quoted: false),
    text("cli_read_timeout", ["1", "2", "0"], quoted: false),
    text("log_level", ["debug", "error", "trace"]),
    text("log_format", ["json", "text", "json"]),
    presence("emulate"),
    presence("allow_quit"),
    text("sandbox", ["false", "true", "false"], quoted: false),
  ]

  @Test("is the flag, then the environment, then the file, then the default", arguments: all)
  func precedence(sources: Sources) throws {
    let flag = "--" + sources.key.replacing("_", with: "-")
    let variable = "FEDBROKER_" + sources.key.uppercased()
    let file = "\(sources.key) = \(sources.toml)"
    let environment = ["HOME": "/home/sam", variable: sources.environment]
    var flags = FlagOverrides()
    sources.flag(&flags)
    func line(_ loaded: EffectiveConfiguration) -> String? {
      loaded.description.split(separator: "\n").first { $0.hasPrefix("\(sources.key) = ") }.map(String.init)
    }

    try #expect(load().origins[sources.key] == nil)
    try #expect(line(load(file)) == "\(sources.key) = \(sources.expected[0])  # file FILE")
    try #expect(
      line(load(file, environment: environment))
        == "\(sources.key) = \(sources.expected[1])  # environment \(variable)"
    )
    try #expect(
      line(load(file, flags: flags, environment: environment))
        == "\(sources.key) = \(sources.expected[2])  # flag \(flag)")
    try #expect(line(load(flags: flags)) == "\(sources.key) = \(sources.expected[2])  # flag \(flag)")
  }

  @Test func `is tested for each flag there is`() {
    #expect(Self.all.map(\.key) == Configuration.keys.filter { $0.flag != nil }.map(\.name))
  }

  @Test func `each flag has words for its help`() {
    #expect(Configuration.keys.allSatisfy { !$0.documentation.isEmpty })
  }

  @Test func `a wrong value is refused also where another source overrides it`() throws {
    var flags = FlagOverrides()
    flags.set("region", to: "us-west-2")
    flags.set("cli_read_timeout", to: "1.5")
    flags.set("listen", to: ["127.0.0.1:80", "here"])
    let found = try problems(
      "region = 1", flags: flags,
      environment: [
        "HOME": "/home/sam", "FEDBROKER_REGION": "a b", "FEDBROKER_EMULATE": "on", "FEDBROKER_INSTANCE_ID": "a,,b",
      ])
    #expect(
      found == [
        "FILE:1: region = 1: a region such as us-west-2 is expected; write \"1\", in quotation marks",
        "FEDBROKER_INSTANCE_ID = \"\": an instance id or ARN of 1 to 100 characters is expected",
        "FEDBROKER_REGION = \"a b\": a region such as us-west-2 is expected; write \"a-b\"",
        "FEDBROKER_EMULATE = \"on\": true or false is expected; write true",
        "--listen = \"here\": 127.0.0.1:PORT, [::1]:PORT or unix:/PATH of at most 107 bytes is expected",
        "--cli-read-timeout = \"1.5\": a whole number of seconds from 0 to 86400 is expected",
      ])
  }

  @Test func `an empty variable counts as not set`() throws {
    let loaded = try load("region = \"eu-west-2\"", environment: ["HOME": "/h", "FEDBROKER_REGION": ""])
    #expect(loaded.configuration.region == "eu-west-2")
  }

  @Test(
    "a variable with a slip in its name is ignored with a warning, a stranger without",
    arguments: [
      (["FEDBROKER_REGOIN"], ["environment variable FEDBROKER_REGOIN is ignored (did you mean FEDBROKER_REGION?)"]),
      (["FEDBROKER_CONFIG", "FEDBROKER_BROKER", "FEDBROKER_LISTEN"], []),
      (["FEDBROKER_SERVICE_HOST", "FEDBROKER_PORT", "FEDBROKER_PORT_2776_TCP", "OTHER_REGION"], []),
    ])
  func misspelt(names: [String], warnings: [String]) throws {
    try withTemporaryFile([]) { file in
      var environment = ["HOME": "/h"]
      for name in names { environment[name] = name == "FEDBROKER_LISTEN" ? "127.0.0.1:1" : file }
      try #expect(load(environment: environment).warnings == warnings)
    }
  }

  @Test func `listed ids are served and warm, under their own name`() throws {
    let loaded = try load(
      """
      instance_id = ["y", "x"]
      [instances.x]
      id = "x"
      [instances.z]
      id = "y"
      """)
    #expect(loaded.configuration.instances.map(\.alias) == ["x", "y", "z"])
    #expect(loaded.configuration.instances.map(\.id) == ["x", "y", "y"])
    #expect(loaded.configuration.instances.map(\.warm) == [true, true, false])
  }

  @Test(
    "the defaults lie in the runtime directory, where there is one",
    arguments: [
      (
        ["RUNTIME_DIRECTORY": "/run/f:/run/g", "XDG_RUNTIME_DIR": "/run/user/1", "HOME": "/h"], "/run/f", "/run/f/token"
      ),
      (["XDG_RUNTIME_DIR": "/run/user/1", "HOME": "/h"], "/run/user/1/fedbroker", "/run/user/1/fedbroker/token"),
      (["RUNTIME_DIRECTORY": "", "XDG_RUNTIME_DIR": "run", "HOME": "/h"], nil, "/h/.cache/fedbroker/token"),
      (["RUNTIME_DIRECTORY": "/run/f", "CREDENTIALS_DIRECTORY": "/nonexistent"], "/run/f", "/run/f/token"),
      (
        ["XDG_RUNTIME_DIR": "/run/user/1", "CREDENTIALS_DIRECTORY": "/nonexistent"], "/run/user/1/fedbroker",
        "/run/user/1/fedbroker/token"
      ),
      (["HOME": "/h", "CREDENTIALS_DIRECTORY": "/nonexistent"], nil, "/h/.cache/fedbroker/token"),
    ] as [([String: String], String?, String)])
  func runtimeDirectory(environment: [String: String], directory: String?, tokenFile: String) throws {
    let paths = RuntimePaths(environment: environment)
    #expect(paths.directory == directory)
    let configuration = try load(environment: environment).configuration
    #expect(configuration.tokenFile == tokenFile)
    #expect(
      configuration.listen.map(\.description)
        == ["127.0.0.1:2776", "[::1]:2776"] + (directory.map { ["unix:\($0)/fedbroker.sock"] } ?? []))
  }

  @Test func `a runtime directory too long for a socket is refused, unless listen says otherwise`() throws {
    let environment = ["XDG_RUNTIME_DIR": "/" + String(repeating: "d", count: 100)]
    let shown = "unix:/" + String(repeating: "d", count: 54)
    #expect(
      try problems(environment: environment) == [
        "listen = \"\(shown)…\": the path of the runtime directory is too long for a socket; set listen"
      ])
    #expect(try problems("listen = [\"127.0.0.1:1\"]", environment: environment) == [])
  }

  @Test func `without a home a token file must be named`() throws {
    #expect(
      try problems(environment: [:]) == [
        "token_file: there is no default, since none of RUNTIME_DIRECTORY, XDG_RUNTIME_DIR and HOME holds an absolute "
          + "path: set one of them, or token_file"
      ])
    #expect(try problems(environment: ["FEDBROKER_TOKEN_FILE": "/t"]) == [])
  }
}
