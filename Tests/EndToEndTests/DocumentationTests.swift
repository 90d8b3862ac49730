import FoundationEssentials
import Glibc
import JSON
import TestSupport
import Testing

/// What docs/ shows, run or checked as it stands there.
@Suite(.timeLimit(.minutes(10)))
struct DocumentationTests {
  /// Those of docs/clients.md have a test of their own.
  @Test(
    "Each command works, beside an emulated daemon",
    arguments: try Documentation.pages().filter { $0 != "docs/clients.md" })
  func commands(page: String) async throws {
    let commands = try Documentation.blocks(of: page).filter { $0.kind == "sh" }.flatMap(\.commands)
    if commands.isEmpty { return }
    let directory = ScratchDirectory()
    let environment = Deployment.environment(directory).merging([
      "PATH": "\(Deployment.binary.dropLast("/fedbroker".count)):/usr/bin:/bin",
      "FEDBROKER_LISTEN": "unix:\(directory.path)/fedbroker/fedbroker.sock",
    ]) { $1 }
    let daemon = try LoggedProcess(
      Deployment.binary, ["serve", "--emulate", "--instance-id", "demo"], environment: environment)
    defer { daemon.signal(SIGKILL) }
    try await daemon.line(containing: "fetched a token")
    for command in commands {
      // A build would double the length of the tests: that there is such a target is what can be wrong.
      let shown = command.hasPrefix("make ") ? "make --dry-run \(command.dropFirst("make ".count))" : command
      // The paths are those of the system service.
      let result = try await Documentation.shell(
        shown.replacing("/run/fedbroker/", with: "\(directory.path)/fedbroker/")
          .replacing("/etc/fedbroker/", with: "config/"), environment)
      #expect(result.status == 0, "\(command)\n\(result.error)")
      #expect(!result.output.contains("application/problem+json") && !result.output.contains(#""code":"#), "\(command)")
    }
  }

  @Test("Commands that need root, a session, an engine, a cluster or a store are well-formed, and their files exist")
  func unrunnableCommands() async throws {
    var count = 0
    for page in ["README.md"] + (try Documentation.pages()) {
      for block in try Documentation.blocks(of: page) where block.kind.hasPrefix("sh ") {
        #expect(
          ["root", "user", "session", "container", "cluster", "store"].contains(block.kind.dropFirst("sh ".count)),
          "\(page)")
        let syntax = try await LoggedProcess.run("/bin/sh", ["-n", "-c", block.text])
        #expect(syntax.status == 0, "\(page): \(syntax.error)")
        for word in block.commands.flatMap({ $0.split(separator: " ") }) where word.hasPrefix("config/") {
          #expect(access("\(Documentation.root)/\(word)", F_OK) == 0, "\(page): \(word)")
        }
        for command in block.commands where command.contains("systemctl") && !command.hasSuffix("daemon-reload") {
          // An instance of a template stands for the template.
          let unit = (command.split(separator: " ").last.map(String.init) ?? "").replacing(/@\w+/, with: "@")
          let file = (block.kind == "sh session" ? "user/" : "") + (unit.contains(".") ? unit : "\(unit).service")
          #expect(access("\(Documentation.root)/systemd/\(file)", F_OK) == 0, "\(page): \(command)")
        }
        count += 1
      }
    }
    #expect(count > 0)
  }

  /// The program that runs a kind of example, and how its file is named; `nil` where it is not installed.
  private static func interpreter(of kind: String, _ text: String) -> (command: [String], file: String)? {
    let clients = "\(Documentation.root)/.venv/clients/bin/python"
    let python = text.contains("boto3") ? AWSCLI.path.replacing(/aws$/, with: "python") : clients
    let candidates: [String: (command: [String], file: String)] = [
      "python": ([python], "example.py"), "js": (["/usr/bin/node"], "example.mjs"),
      "go": (["/usr/bin/go", "run"], "example.go"), "ruby": (["/usr/bin/ruby"], "example.rb"),
    ]
    guard let found = candidates[kind] else { return nil }
    let isExpected = getenv("CI").map { String(cString: $0) } == "true"
    return isExpected || access(found.command[0], X_OK) == 0 ? found : nil
  }

  @Test("Each example of docs/clients.md works", arguments: try Documentation.blocks(of: "docs/clients.md"))
  func clients(block: Documentation.Block) async throws {
    guard let (command, name) = Self.interpreter(of: block.kind, block.text) else { return }
    let directory = ScratchDirectory()
    let environment = Deployment.environment(directory).merging([
      "FEDBROKER_LISTEN": "127.0.0.1:0,unix:\(directory.path)/fedbroker/fedbroker.sock",
      "GOCACHE": "\(directory.path)/cache", "GOPATH": "\(directory.path)/go", "HTTP_PROXY": "http://127.0.0.1:1",
      "http_proxy": "http://127.0.0.1:1",
      "NO_PROXY": block.kind == "python" && block.text.contains("boto") ? "127.0.0.1" : "",
    ]) { $1 }
    let daemon = try LoggedProcess(
      Deployment.binary, ["serve", "--emulate", "--instance-id", "demo"], environment: environment)
    defer { daemon.signal(SIGKILL) }
    let listen = try Deployment.value("listen", in: try await daemon.line(containing: " ready "))
    let port = listen.split(separator: ",")[0].split(separator: ":")[1]
    let file = directory.write(
      name,
      block.text.replacing("/run/fedbroker/", with: "\(directory.path)/fedbroker/").replacing("2776", with: port))
    let result = try await LoggedProcess.run(
      command[0], command.dropFirst() + [file], environment: environment)
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output == "emulated-agent\n")
  }

  @Test("The manual pages are those of the program")
  func manual() async throws {
    let directory = ScratchDirectory()
    let result = try await LoggedProcess.run(
      "/usr/bin/python3", ["\(Documentation.root)/.ci/manual", Deployment.binary, directory.path],
      environment: Deployment.environment(directory))
    #expect(result.status == 0, "\(result.error)")
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasSuffix(".1") }
      .sorted()
    let kept = try FileManager.default.contentsOfDirectory(atPath: "\(Documentation.root)/docs/man").sorted()
    #expect(names == kept)
    #expect(names.count > 10)
    for name in names {
      let page = try String(contentsOfFile: "\(directory.path)/\(name)", encoding: .utf8)
      #expect(try page == Documentation.text(of: "docs/man/\(name)"), "docs/man/\(name) is stale: make manual")
      let absent = [
        "fedbroker-emulate.1": ["FILES"], "fedbroker-fleet-plan.1": ["FILES", "ENVIRONMENT"],
      ]
      for section in ["FILES", "ENVIRONMENT", "EXAMPLES"] {
        #expect(page.contains("\n.SH \(section)\n") != absent[name, default: []].contains(section), "\(name)")
      }
      let rendered = try await LoggedProcess.run(
        "groff", ["-man", "-ww", "-Tutf8", "-z", "\(directory.path)/\(name)"], environment: ["PATH": "/usr/bin:/bin"])
      #expect(rendered.status == 0 && rendered.error == "", "\(name): \(rendered.error)")
    }
  }

  @Test("The recorded terminal shows what the program does")
  func recording() async throws {
    let directory = ScratchDirectory()
    let result = try await LoggedProcess.run(
      "/usr/bin/python3",
      ["\(Documentation.root)/.ci/record-terminal", Deployment.binary, "\(directory.path)/terminal.svg"],
      environment: Deployment.environment(directory))
    #expect(result.status == 0, "\(result.error)")
    let recorded = try String(contentsOfFile: "\(directory.path)/terminal.svg", encoding: .utf8)
    #expect(try recorded == Documentation.text(of: "docs/terminal.svg"), "docs/terminal.svg is stale: make recording")
  }

  @Test("Each configuration is valid, each JSON text is JSON")
  func configurations() async throws {
    let directory = ScratchDirectory()
    var count = 0
    for page in try Documentation.pages() {
      for block in try Documentation.blocks(of: page) {
        switch block.kind {
        case "toml":
          // These users and groups are there where the page is followed, and perhaps not here.
          let text = ["fedbroker", "agents", "agent7"].reduce(block.text) {
            $0.replacing("\"\($1)\"", with: "\"root\"")
          }
          let result = try await LoggedProcess.run(
            Deployment.binary, ["check-config", directory.write("fedbroker.toml", text)],
            environment: Deployment.environment(directory))
          #expect(result.status == 0, "\(page): \(result.error)")
          count += 1
        case "json":
          #expect(throws: Never.self, "\(page)") { try JSONValue(parsing: Array(block.text.utf8)) }
        case "python", "js", "go", "ruby":
          #expect(page == "docs/clients.md", "\(page): nothing runs \(block.kind)")
        case "html":
          // Tests/browser opens it.
          #expect(page == "docs/ccp.md")
        default:
          #expect(block.kind == "sh" || block.kind.hasPrefix("sh "), "\(page): nothing checks \(block.kind)")
        }
      }
    }
    #expect(count > 0)
  }

  @Test("Each error code and exit code of the sources is explained")
  func codes() throws {
    let page = try Documentation.text(of: "docs/troubleshooting.md")
    let sources = try ["Configuration", "LocalAPI", "Client", "Daemon"]
      .map { try Self.text(of: ".swift", under: "Sources/\($0)") }.joined(separator: "\n")
    // A status, then the code.
    let codes = Set(sources.matches(of: /\(\s*(?:\.[a-z]\w*|refusal\.status),\s*"([A-Z]\w+)"/).map { String($0.1) })
    #expect(codes.count > 25)
    let ofAWS = [
      "InvalidRequestException", "InvalidParameterException", "AccessDeniedException", "ResourceNotFoundException",
      "UserNotFoundException", "DuplicateResourceException", "ThrottlingException", "TooManyRequestsException",
      "InternalServiceException", "UnrecognizedClientException", "InvalidClientTokenId",
    ]
    for code in codes.union(ofAWS).sorted() where !page.contains("`\(code)`") {
      Issue.record("\(code) is not explained")
    }
    let exitCodes = [
      "EX_USAGE": 64, "EX_UNAVAILABLE": 69, "EX_OSERR": 71, "EX_IOERR": 74, "EX_NOPERM": 77, "EX_CONFIG": 78,
    ]
    for name in Set(sources.matches(of: /\bEX_[A-Z]+/).map { String($0.0) }).sorted() {
      let number = try #require(exitCodes[name], "\(name) is not explained")
      if !page.contains("\n| \(number) |") { Issue.record("exit code \(number) is not explained") }
    }
  }

  @Test(
    "Each test that the last column of a page names exists", arguments: ["docs/threat-model.md", "docs/lessons.md"])
  func namedTests(page: String) throws {
    let tests = try Self.testsBySuite()
    let makefile = try Documentation.text(of: "Makefile")
    // What stands in quotes: a fault of `make faults`, or a rule of `ConformanceTests`.
    let cases =
      try Self.text(of: ".py", under: "Tests/faults")
      + Self.text(of: ".swift", under: "Tests/LocalHTTPTests/Conformance")
    var count = 0
    for row in try Documentation.text(of: page).split(separator: "\n") where row.hasPrefix("| ") {
      guard let cell = row.split(separator: "|").last else { continue }
      for match in cell.matches(of: /`([^`]+)`/) {
        let name = String(match.1)
        count += 1
        if name.hasPrefix("make ") {
          #expect(makefile.contains("\n\(name.dropFirst("make ".count)):"), "\(page): \(name)")
        } else if name.contains("/") {
          #expect(access("\(Documentation.root)/\(name)", F_OK) == 0, "\(page): \(name)")
        } else {
          let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
          let names = tests[parts[0]] ?? []
          let exists = parts.count == 2 ? names.contains(parts[1]) : !names.isEmpty
          #expect(exists, "\(page): there is no test \(name)")
        }
      }
      for match in cell.matches(of: /“([^”]+)”/) {
        let name = String(match.1)
        #expect(cases.contains(name), "\(page): there is no case \(name)")
      }
    }
    #expect(count > 20)
  }

  /// The names of the tests in Tests/, by the types that their files declare or extend.
  private static func testsBySuite() throws -> [String: Set<String>] {
    let folder = "\(Documentation.root)/Tests"
    var tests: [String: Set<String>] = [:]
    for file in try FileManager.default.subpathsOfDirectory(atPath: folder) where file.hasSuffix(".swift") {
      let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
      var names: Set<String> = []
      for part in text.components(separatedBy: "@Test").dropFirst() {
        guard let match = part.firstMatch(of: /\bfunc (?:`([^`]+)`|(\w+))/), let name = match.1 ?? match.2 else {
          continue
        }
        names.insert(String(name))
      }
      for suite in text.matches(of: /\b(?:struct|class|enum|extension) (\w+)/) {
        tests[String(suite.1), default: []].formUnion(names)
      }
    }
    return tests
  }

  /// The text of all files below a folder whose names end with `ending`.
  private static func text(of ending: String, under folder: String) throws -> String {
    let path = "\(Documentation.root)/\(folder)"
    return try FileManager.default.subpathsOfDirectory(atPath: path).filter { $0.hasSuffix(ending) }
      .map { try String(contentsOfFile: "\(path)/\($0)", encoding: .utf8) }.joined(separator: "\n")
  }
}
