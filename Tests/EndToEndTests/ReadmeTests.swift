import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// The commands of README.md, run as they stand there.
@Suite(.timeLimit(.minutes(10)))
struct ReadmeTests {
  /// The address that README.md names, which may be taken on the machine that runs the tests.
  private static let namedAddress = "127.0.0.1:2776"

  /// Somebody who pastes README.md's commands.
  struct Reader: Sendable, CustomTestStringConvertible {
    let shell: String
    /// Not root, where the tests may become somebody else.
    let isUser: Bool
    /// Whether there is `XDG_RUNTIME_DIR`.
    let hasSession: Bool

    var testDescription: String { "\(shell) \(isUser ? "user" : "self") \(hasSession ? "in" : "without") a session" }

    static let all: [Reader] = ["bash", "zsh", "fish", "dash"].flatMap { shell in
      (geteuid() == 0 ? [false, true] : [false]).flatMap { isUser in
        [true, false].map { Reader(shell: shell, isUser: isUser, hasSession: $0) }
      }
    }

    /// A number that no account has.
    private static let uid: uid_t = 61_234

    /// Makes what lies in a directory the reader's own.
    func own(_ directory: ScratchDirectory) {
      chmod(directory.path, 0o700)
      if isUser { chown(directory.path, Self.uid, Self.uid) }
    }

    /// Returns the command that runs another one as the reader.
    func command(_ words: [String]) -> [String] {
      isUser
        ? ["/usr/bin/setpriv", "--reuid=\(Self.uid)", "--regid=\(Self.uid)", "--clear-groups", "--no-new-privs"] + words
        : words
    }
  }

  /// A copy of the program that every user can run.
  private static let programs: ScratchDirectory = {
    let directory = ScratchDirectory()
    chmod(directory.path, 0o755)
    _ = ChildProcess.run(["cp", Deployment.binary, "\(directory.path)/fedbroker"])
    return directory
  }()

  @Test("Each command works, in each shell, as root and as a user, with and without a session", arguments: Reader.all)
  func commands(reader: Reader) async throws {
    try #require(access("/usr/bin/\(reader.shell)", X_OK) == 0, "make test installs the shells")
    let directory = ScratchDirectory()
    reader.own(directory)
    var environment = [
      "HOME": directory.path,
      "PATH": "\(Self.programs.path):\(AWSCLI.path.dropLast("/aws".count)):/usr/bin:/bin",
      "FEDBROKER_LISTEN": "127.0.0.1:0" + (reader.hasSession ? ",unix:\(directory.path)/fedbroker/fedbroker.sock" : ""),
    ]
    if reader.hasSession { environment["XDG_RUNTIME_DIR"] = directory.path }
    // A checkout, or the interpreter of its Python environment, may lie where other users have no way in. The shell
    // executes the file as the reader: setpriv itself still has root's capabilities when it does.
    let hasCLI =
      try await LoggedProcess.run(
        "/usr/bin/env", reader.command(["/bin/sh", "-c", #""$0" --version"#, AWSCLI.path]),
        environment: ["HOME": directory.path]
      ).status == 0
    var daemon: LoggedProcess?
    defer { daemon?.signal(SIGKILL) }
    var address = ""
    var count = 0
    for command in try Documentation.blocks(of: "README.md").filter({ $0.kind == "sh" }).flatMap(Documentation.pasted) {
      count += 1
      switch command {
      case "make test":
        // Runs this test.
        continue
      case "make run":
        // Builds for release first, which would double the length of the tests; then runs this.
        let recipe = try await Documentation.shell("make -n run", environment).output
        #expect(recipe.hasSuffix("\n.build/release/fedbroker serve --emulate --instance-id demo\n"))
        (daemon, address) = try await start("fedbroker serve --emulate --instance-id demo", reader, environment)
      case let command where command.hasPrefix("fedbroker serve"):
        daemon?.signal(SIGKILL)
        await daemon?.exitStatus()
        (daemon, _) = try await start(command, reader, environment)
        // What comes after it in README.md is about the emulated one.
        daemon?.signal(SIGKILL)
        await daemon?.exitStatus()
        (daemon, address) = try await start("fedbroker serve --emulate --instance-id demo", reader, environment)
      case let command where command.contains(" aws ") && !hasCLI && (reader.isUser || !AWSCLI.isExpected):
        continue
      default:
        // What listens at port 0 cannot be found by its configuration.
        environment["FEDBROKER_BROKER"] = "http://\(address)"
        let shown = command.replacing(Self.namedAddress, with: address)
          .replacing("config/fedbroker.toml", with: "'\(Documentation.root)/config/fedbroker.toml'")
        let words = reader.command(["/usr/bin/\(reader.shell)", "-c", shown])
        let result = try await LoggedProcess.run(words[0], Array(words.dropFirst()), environment: environment)
        #expect(result.status == 0, "\(command)\n\(result.error)")
        if command.contains("SignInUrl") { #expect(result.output.hasPrefix("http://127.0.0.1:")) }
        if command.contains("/token") && !command.contains("-o /dev/null") {
          #expect(result.output.hasPrefix(#"{"Credentials":{"AccessToken":""#))
        }
        if command.contains("-sD -") {
          #expect(result.output.contains("Cache-Status: fedbroker; hit; ttl="))
          #expect(result.output.contains("\r\nAge: "))
        }
      }
    }
    #expect(count >= 10)
  }

  @Test("On a terminal the daemon shows a curl command, which works when pasted")
  func invitation() async throws {
    let directory = ScratchDirectory()
    let environment = Deployment.environment(directory).merging(["FEDBROKER_LISTEN": "127.0.0.1:0"]) { $1 }
    // script(1) gives the daemon a terminal, and prints what appears there.
    let command = "exec \(Deployment.binary) serve --emulate --instance-id demo"
    let session = try LoggedProcess(
      "/bin/sh", ["-c", "exec script --quiet --flush --return --command '\(command)' /dev/null >&2"],
      environment: environment)
    let line = try await session.line(containing: "  curl ")
    let result = try await Documentation.shell(line, environment)
    #expect(result.status == 0, "\(line)\n\(result.error)")
    #expect(result.output.hasPrefix(#"{"Credentials":{"AccessToken":""#))
    // script(1) itself would leave it behind: a terminal that goes is a SIGHUP, which the daemon takes for a reload.
    let children = try String(
      contentsOfFile: "/proc/\(session.identifier)/task/\(session.identifier)/children", encoding: .utf8)
    let daemon = try #require(children.split(separator: " ").first.flatMap { Int32($0) })
    kill(daemon, SIGTERM)
    #expect(await session.exitStatus() == 0)
  }

  private func start(
    _ command: String, _ reader: Reader, _ environment: [String: String]
  ) async throws -> (daemon: LoggedProcess, address: String) {
    let words = reader.command(
      ["\(Self.programs.path)/fedbroker"] + command.split(separator: " ").dropFirst().map(String.init))
    let daemon = try LoggedProcess(words[0], Array(words.dropFirst()), environment: environment)
    let listen = try Deployment.value("listen", in: try await daemon.line(containing: " ready "))
    return (daemon, listen.split(separator: ",").first.map(String.init) ?? "")
  }
}
