import Testing

@testable import Configuration

@Suite("Rules, further tokens and the audit log")
struct AccessKeysTests {
  @Test func `are read as they are written`() throws {
    let configuration = try load(
      """
      [instances.sales]
      id = "i"
      [[access]]
      users = ["agent7", 1001]
      groups = ["agents"]
      tokens = ["desk", "fedbroker"]
      instances = ["sales"]
      session_names = ["{peer}@example.com"]
      may = ["token", "sign-in"]
      [[access]]
      may = ["state"]
      [tokens.desk]
      file = "/run/fedbroker/desk-token"
      group = "desk"
      [audit]
      file = "/var/log/fedbroker/audit.jsonl"
      required = true
      """
    ).configuration
    let rule = try #require(configuration.access.first)
    #expect(rule.users == ["agent7", "1001"] && rule.groups == ["agents"] && rule.tokens == ["desk", "fedbroker"])
    #expect(rule.instances == ["sales"] && rule.sessionNames?.map(\.text) == ["{peer}@example.com"])
    #expect(rule.may == [.token, .signIn])
    #expect(configuration.access.count == 2)
    #expect(configuration.access[1].users == nil && configuration.access[1].instances == nil)
    #expect(configuration.tokens.map(\.name) == ["desk"] && configuration.tokens.map(\.group) == ["desk"])
    #expect(configuration.audit.destination == .file("/var/log/fedbroker/audit.jsonl") && configuration.audit.required)
    #expect(try load("audit.file = \"journal\"").configuration.audit.destination == .journal)
  }

  @Test func `give every right by default`() throws {
    let configuration = try load("[[access]]").configuration
    #expect(configuration.access.map(\.may) == [AccessRight.allCases])
    #expect(try load().configuration.audit.destination == nil)
  }

  /// Lines are what `MistakeTests` is about.
  private static func withoutLine(_ problem: String) -> String { problem.replacing(/^FILE:\d+:/, with: "FILE:") }

  @Test func `are reported all at once, each with its key and what is allowed`() throws {
    let text = """
      audit.required = true
      [instances.sales]
      id = "i"
      [[access]]
      users = []
      tokens = ["dek"]
      instances = ["sale", "i"]
      may = ["token", "read"]
      user = ["x"]
      [[access]]
      session_names = ["a b"]
      [tokens.desk]
      file = "/t"
      [tokens.other]
      file = "/t"
      """
    let found = try problems(text).map(Self.withoutLine)
    for expected in [
      #"FILE: access[1].may = "read": one of token, refresh, forget, sign-in, state, lock is expected"#,
      "FILE: unknown key access[1].user (did you mean access[1].users?)",
      "FILE: access[1].users = […]: a list of 1 to 1000 (each a name or a numeric id) is expected, not 0",
      #"FILE: access[2].session_names = "a b": a pattern of letters (a to z), digits, _+=,.@- and * or {peer} is expected"#,
      #"FILE: access[1].tokens = "dek": there is no token of that name (did you mean desk?)"#,
      #"FILE: access[1].instances = "sale": there is no instance of that name (did you mean sales?)"#,
      #"FILE: tokens.other.file = "/t": tokens.desk.file has this file too"#,
      "FILE: audit.required = true: it needs audit.file beside it",
    ] {
      #expect(found.contains(expected), "\(expected)\nnot in\n\(found.joined(separator: "\n"))")
    }
    #expect(found.count == 8)
  }

  @Test(
    "are refused word for word",
    arguments: [
      ("access = 3", "FILE: access = 3: tables are expected, each under [[access]]"),
      ("[access]\nmay = [\"state\"]", "FILE: access = {…}: tables are expected, each under [[access]]"),
      ("access = [3]", "FILE: access[1] = 3: a table is expected"),
      ("tokens = 3", "FILE: tokens = 3: a table is expected"),
      ("[tokens.desk]", "FILE: tokens.desk.file is missing: a path is expected"),
      ("[tokens.fedbroker]\nfile = \"/t\"", "FILE: [tokens.fedbroker]: \(Configuration.Token.nameRule)"),
      ("[tokens.\"a b\"]\nfile = \"/t\"", "FILE: [tokens.a b]: \(Configuration.Token.nameRule)"),
      ("audit.file = \"audit.jsonl\"", #"FILE: audit.file = "audit.jsonl": journal or an absolute path is expected"#),
      ("audit.file = \"/var/log/\"", #"FILE: audit.file = "/var/log/": journal or an absolute path is expected"#),
      (
        "[[access]]\nusers = [-1]", "FILE: access[1].users = -1: a name or a numeric id is expected"
      ),
      (
        "[[access]]\nusers = [4294967295]",
        "FILE: access[1].users = 4294967295: a name or a numeric id is expected"
      ),
      (
        "[[access]]\ntokens = [\"x\"]",
        #"FILE: access[1].tokens = "x": there is no token of that name (there are fedbroker)"#
      ),
    ])
  func refused(text: String, problem: String) throws {
    #expect(try problems(text).map(Self.withoutLine) == [problem])
  }

  @Test func `name users and groups that exist`() throws {
    let text = """
      socket_users = ["sam", "nobody1"]
      token_group = "nogroup1"
      [[access]]
      users = ["sam", "nobody2"]
      groups = ["nogroup2", 7]
      [tokens.desk]
      file = "/t"
      group = "nogroup3"
      """
    let accounts = Accounts(uid: { $0 == "sam" ? 1000 : nil }, gid: { UInt32($0) })
    let found = try withTemporaryFile(Array(text.utf8)) { path in
      var flags = FlagOverrides()
      flags.config = path
      do throws(ConfigurationError) {
        _ = try ConfigurationLoader.load(flags: flags, environment: ["HOME": "/"], accounts: accounts)
        return [String]()
      } catch {
        return error.problems.map { Self.withoutLine($0.replacing(path, with: "FILE")) }
      }
    }
    #expect(
      found == [
        #"FILE: socket_users = "nobody1": there is no user nobody1"#,
        #"FILE: token_group = "nogroup1": there is no group nogroup1"#,
        #"FILE: tokens.desk.group = "nogroup3": there is no group nogroup3"#,
        #"FILE: access[1].users = "nobody2": there is no user nobody2"#,
        #"FILE: access[1].groups = "nogroup2": there is no group nogroup2"#,
      ])
  }

  @Test func `are printed under their own headers`() throws {
    let text = try load("[[access]]\nusers = [7]\n[[access]]\n[tokens.desk]\nfile = \"/t\"").description
    #expect(text.contains("[tokens.desk]\nfile = \"/t\"  # file FILE"))
    #expect(text.contains("[[access]]\nusers = [\"7\"]  # file FILE"))
    #expect(text.split(separator: "\n").count { $0 == "[[access]]" } == 2)
  }

  @Test func `are compared table by table`() throws {
    let changes = ConfigurationChange.all(
      from: try load("[[access]]\nmay = [\"state\"]"),
      to: try load("[[access]]\n[tokens.desk]\nfile = \"/t\""))
    #expect(changes.map(\.key) == ["access[1].may", "tokens.desk.file"])
  }
}
