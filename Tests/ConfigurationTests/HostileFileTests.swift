import Testing

@testable import Configuration

@Suite("A hostile configuration file is refused, and nothing crashes")
struct HostileFileTests {
  private static func repeated(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: count)
  }

  @Test(
    "with its line",
    arguments: [
      (
        "deep key", "\na\(repeated(".a", 60_000)) = 1\nb = ",
        "FILE:2: syntax: more than 32 dots outside strings on one line"
      ),
      (
        "deep header", "[a\(repeated(".a", 60_000))]\nb = ",
        "FILE:1: syntax: more than 32 dots outside strings on one line"
      ),
      (
        "quoted parts", "\"a\"\(repeated(".\"a\"", 60_000)) = 1",
        "FILE:1: syntax: more than 32 dots outside strings on one line"
      ),
      (
        "deep key behind a multi-line string", "a = [\"\"\"\n\"\"\"\"\", {a\(repeated(".a", 40_000)) = 1}]",
        "FILE:2: syntax: more than 32 dots outside strings on one line"
      ),
      (
        "deep key behind an escaped quote", "a = [\"\\\"\", {a\(repeated(".a", 40_000)) = 1}]",
        "FILE:1: syntax: more than 32 dots outside strings on one line"
      ),
      (
        "deep key behind a literal string", "a = ['\\', {a\(repeated(".a", 40_000)) = 1}]",
        "FILE:1: syntax: more than 32 dots outside strings on one line"
      ),
      ("NUL", "region = \"a\"\n\0nonsense", "FILE:2: syntax: a control character is not allowed"),
      ("escaped NUL", #"region = "us-west-2\u0000x""#, "FILE:1: syntax: a control character is not allowed"),
      ("long escaped NUL", "\n" + #""a\U00000000" = 1"#, "FILE:2: syntax: a control character is not allowed"),
      ("escape sequence", "# \u{1B}[2J", "FILE:1: syntax: a control character is not allowed"),
      ("wrong bracket", "listen = [}", "FILE:1: syntax: } does not close the [ before it"),
      ("wrong brace", "cache = {a = [{]", "FILE:1: syntax: ] does not close the { before it"),
      ("header without a name", "\n[\n", "FILE:2: syntax: the name of a table is expected after ["),
      ("header that is an end", "[}", "FILE:1: syntax: the name of a table is expected after ["),
      ("header with many brackets", "[[[a]]]", "FILE:1: syntax: the name of a table is expected after ["),
      ("half a time", "region = 2026-01-01T::0", "FILE:1: syntax: no key takes a date or a time"),
      ("half a date", "region = 2026-01-01_ 1", "FILE:1: syntax: no key takes a date or a time"),
      ("time with underscores", "region = 1_0__:1", "FILE:1: syntax: no key takes a date or a time"),
      (
        "next line, as Unicode has it", "region = [\u{85}",
        "FILE:1: syntax: a character outside ASCII is allowed in strings and comments only"
      ),
      ("duplicate key", "emulate = true\nemulate = false", "FILE:2:"),
      ("duplicate table", "[cache]\n[cache]", "FILE:2:"),
      ("huge integer", "cli_read_timeout = 99999999999999999999", "FILE:1:"),
      ("huge number", "upstream.rate = 1\(repeated("0", 400)).0", "FILE:1:"),
      ("unclosed string", "region = \"us", "FILE:1:"),
      ("unclosed multi-line string", "region = \"\"\"us\n\n", "FILE:"),
      ("unclosed array", "listen = [", "FILE:1:"),
      ("lone backslash", "region = \"\\", "FILE:1:"),
      ("surrogate", #"region = "\uD800""#, "FILE:1:"),
      ("deep array", "listen = \(repeated("[", 60_000))", "FILE:1:"),
      ("deep inline table", "cache = \(repeated("{a = ", 60_000))", "FILE:1:"),
      ("deep array that ends", "listen = \(repeated("[", 200))\(repeated("]", 200))", "FILE:1: listen = […]:"),
      (
        "deepest tables that pass", "cache = " + repeated("[\n{a\(repeated(".a", 30)) = ", 127) + repeated("\n", 3),
        "FILE:"
      ),
      ("many members", "listen = [\(repeated("1,", 60_000))]", "FILE:1: listen = […]: a list of 1 to 16"),
      (
        "many keys below a long header", "[\(repeated("a", 400_000))]\n" + (0..<20_000).map { "k\($0) = 1\n" }.joined(),
        "FILE: unknown key aaa"
      ),
      ("many keys", (0..<20_000).map { "k\($0) = 1\n" }.joined(), "FILE:1: unknown key k0"),
    ])
  func refused(_: String, toml: String, start: String) throws {
    let found = try #require(try problems(toml).first)
    #expect(found.hasPrefix(start), "\(found)")
    #expect(found.utf8.count < 400)
  }

  @Test("with a problem in each of many instances", .timeLimit(.minutes(5)))
  func manyInstances() throws {
    let file = (0..<20_000).map { "[instances.a\($0)]\nid = \"i\"\nexternal_id = \"xx\"\n" }.joined()
    let problems = try problems(file)
    #expect(problems.count == 20_000)
    #expect(problems.first == "FILE:3: instances.a0.external_id: it needs role_arn beside it")
  }

  @Test(
    "when it is not UTF-8",
    arguments: [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82],
    ] as [[UInt8]])
  func notUTF8(bytes: [UInt8]) {
    #expect(throws: ConfigurationError(["FILE:2: syntax: this is not UTF-8 text"])) {
      try load(bytes: Array("region = \"a\n".utf8) + bytes)
    }
  }

  @Test(
    "but not for what only looks so",
    arguments: [
      "# a\(repeated(".a", 100)) and \\u0000 in a comment",
      "allowed_hosts = [\"a\(repeated(".a", 100))\"]",
      "allowed_hosts = ['a\(repeated(".a", 100))']",
      "profile = \"\"\"a\(repeated(".a", 100))\"\"\"",
      "profile = '''a\(repeated(".a", 100))'''",
      #"profile = '\u0000'"#,
      #"profile = "\\u0000""#,
      "profile = \"a\" # it's",
      "[instances.1-2]\nid = \"i\"",
      "\u{FEFF}profile = \"a\"\r\n",
      "",
    ])
  func harmless(toml: String) throws {
    #expect(try problems(toml) == [])
  }

  /// Each prefix and each change of one byte of a small file either loads or is refused.
  @Test func `and neither does a broken one`() throws {
    let file = Array(
      """
      listen = ["127.0.0.1:1", 'unix:/a'] # c
      cache.max_entries = 0x1F
      'cache'."idle_after" = '1s'
      upstream = {rate = 1e1, burst = 3}
      [instances."a"]
      id = \"\"\"i\\u0041\\
        j\"\"\"
      warm = true
      """.utf8)
    var loaded = 0
    for position in file.indices {
      let changes = "\"'\n[]{}=,.#\\0-: _".utf8.map { changed(file, at: position, to: $0) }
      for variant in changes + [Array(file[..<position])] {
        do {
          _ = try load(bytes: variant)
          loaded += 1
        } catch let error as ConfigurationError {
          #expect(!error.problems.isEmpty)
        }
      }
    }
    #expect(loaded > 0)
    #expect(try load(bytes: file).configuration.instances.map(\.id) == ["iAj"])
  }

  private func changed(_ bytes: [UInt8], at position: Int, to byte: UInt8) -> [UInt8] {
    var bytes = bytes
    bytes[position] = byte
    return bytes
  }
}
