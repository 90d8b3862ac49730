import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// The commands of README.md, run as they stand there.
@Suite(.timeLimit(.minutes(10)))
struct ReadmeTests {
  /// The address that README.md names, which may be taken on the machine that runs the tests.
  private static let namedAddress = "127.0.0.1:2776"

  @Test("Each command works")
  func commands() async throws {
    let directory = ScratchDirectory()
    var environment = Deployment.environment(directory).merging([
      "PATH": "\(Deployment.binary.dropLast("/fedbroker".count)):\(AWSCLI.path.dropLast("/aws".count)):/usr/bin:/bin",
      "FEDBROKER_LISTEN": "127.0.0.1:0,unix:\(directory.path)/fedbroker/fedbroker.sock",
    ]) { $1 }
    var address = ""
    var daemon: LoggedProcess?
    var count = 0
    for command in try Documentation.blocks(of: "README.md").filter({ $0.kind == "sh" }).flatMap(\.commands) {
      count += 1
      switch command {
      case "make test":
        // Runs this test.
        continue
      case "make run":
        // Builds for release first, which would double the length of the tests; then runs this.
        let recipe = try await Documentation.shell("make -n run", environment).output
        #expect(recipe.hasSuffix("\n.build/release/fedbroker serve --emulate --instance-id demo\n"))
        daemon = try await start("fedbroker serve --emulate --instance-id demo", environment, &address)
      case let command where command.hasPrefix("fedbroker serve"):
        daemon?.signal(SIGKILL)
        await daemon?.exitStatus()
        daemon = try await start(command, environment, &address)
        // What comes after it in README.md is about the emulated one.
        daemon?.signal(SIGKILL)
        await daemon?.exitStatus()
        daemon = try await start("fedbroker serve --emulate --instance-id demo", environment, &address)
      case let command where command.contains(" aws ") && !AWSCLI.isExpected:
        continue
      default:
        // What listens at port 0 cannot be found by its configuration.
        environment["FEDBROKER_BROKER"] = "http://\(address)"
        let result = try await Documentation.shell(command.replacing(Self.namedAddress, with: address), environment)
        #expect(result.status == 0, "\(command)\n\(result.error)")
        if command.contains("field=SignInUrl") { #expect(result.output.hasPrefix("https://")) }
        if command.contains("/token") && !command.contains("-o /dev/null") && !command.contains("field=") {
          #expect(result.output.hasPrefix(#"{"Credentials":{"AccessToken":""#))
        }
        if command.contains("-D -") || command.contains("-sD -") {
          #expect(result.output.contains("Cache-Status: fedbroker; hit; ttl="))
          #expect(result.output.contains("\r\nAge: "))
        }
      }
    }
    daemon?.signal(SIGKILL)
    #expect(count >= 7)
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
    _ command: String, _ environment: [String: String], _ address: inout String
  ) async throws -> LoggedProcess {
    let arguments = command.split(separator: " ").map(String.init)
    let daemon = try LoggedProcess(Deployment.binary, Array(arguments.dropFirst()), environment: environment)
    let listen = try Deployment.value("listen", in: try await daemon.line(containing: " ready "))
    address = listen.split(separator: ",").first.map(String.init) ?? ""
    return daemon
  }
}
