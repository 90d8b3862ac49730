import FoundationEssentials
import Glibc
import JSON
import TestSupport
import Testing

/// `fedbroker get-federation-token` beside the AWS CLI.
@Suite(.timeLimit(.minutes(10)))
struct AWSCommandTests {
  /// An emulator and, where it is wanted, a daemon before it.
  private struct Upstream {
    let emulator: LoggedProcess
    let address: String
    let daemon: LoggedProcess?
    let directory: ScratchDirectory

    init(_ name: String, hasDaemon: Bool) async throws {
      let setting = AWSCommandCase.table.setting
      let (script, answer) = try #require(setting.emulators[name])
      directory = ScratchDirectory()
      var arguments = ["emulate", "--listen", "127.0.0.1:0", "--script", script]
      if let answer { arguments += ["--answer", directory.write("answer", answer)] }
      emulator = try LoggedProcess(Deployment.binary, arguments, environment: setting.environment)
      address = "http://" + (try Deployment.value("listen", in: try await emulator.line(containing: " ready ")))
      guard hasDaemon else {
        daemon = nil
        return
      }
      let environment = setting.environment.merging([
        "AWS_ENDPOINT_URL_CONNECT": address, "HOME": directory.path, "XDG_RUNTIME_DIR": directory.path,
      ]) { $1 }
      let daemon = try LoggedProcess(
        Deployment.binary, ["serve", "--listen", "unix:\(directory.path)/fedbroker/fedbroker.sock"],
        environment: environment)
      _ = try await daemon.line(containing: " ready ")
      self.daemon = daemon
    }

    func stop() {
      for process in [emulator, daemon] { process?.signal(SIGKILL) }
    }
  }

  @Test("It prints what the AWS CLI prints, and ends as it ends", arguments: [false, true])
  func table(hasDaemon: Bool) async throws {
    let cases = AWSCommandCase.table.cases
    #expect(cases.count >= 80)
    var upstreams: [String: Upstream] = [:]
    defer { for upstream in upstreams.values { upstream.stop() } }
    for row in cases {
      if upstreams[row.emulator] == nil {
        upstreams[row.emulator] = try await Upstream(row.emulator, hasDaemon: hasDaemon)
      }
      let upstream = try #require(upstreams[row.emulator])
      let outcome = try await run(row, upstream)
      let expected = hasDaemon ? row.expectedWithDaemon : row.expected
      #expect(outcome.status == expected.status, "\(row.name)")
      #expect(outcome.lastLine == expected.lastLine, "\(row.name)")
      if let output = expected.output { #expect(outcome.output == output, "\(row.name)") }
    }
  }

  private func run(_ row: AWSCommandCase, _ upstream: Upstream) async throws -> AWSCommandCase.Outcome {
    let home = ScratchDirectory()
    func filled(_ text: String) -> String {
      text.replacing("{endpoint}", with: upstream.address).replacing("{home}", with: home.path)
    }
    func emptied(_ text: String) -> String {
      text.replacing(upstream.address, with: "{endpoint}").replacing(home.path, with: "{home}")
    }
    for (path, text) in row.files {
      if let slash = path.lastIndex(of: "/") { mkdir("\(home.path)/\(path[..<slash])", 0o700) }
      home.write(path, filled(text))
    }
    var environment = row.environment.mapValues(filled)
    environment["HOME"] = home.path
    if upstream.daemon != nil { environment["XDG_RUNTIME_DIR"] = upstream.directory.path }
    let result = try await LoggedProcess.run(
      Deployment.binary, ["get-federation-token"] + row.arguments.map(filled), environment: environment)
    return AWSCommandCase.Outcome(
      status: result.status, output: emptied(result.output),
      lastLine: emptied(AWSCommandCase.Outcome.lastLine(of: result.error)))
  }

  @Test(
    "The AWS CLI still does what the table says", .enabled(if: Oracle.isExpected, "no .venv with the AWS CLI"))
  func oracle() {
    let recorded = Oracle.run("cli.py", [Deployment.binary, "\(Oracle.packageRoot)/Tests/oracle/cli.jsonl"])
    let lines = recorded.split(separator: "\n")
    let expected = Oracle.text("cli.jsonl").split(separator: "\n")
    #expect(lines.count == expected.count)
    for (line, expected) in zip(lines, expected) { #expect(line == expected) }
  }

  /// The number of generated command lines; `make compare` takes more, of other seeds.
  private static let generated = 1000

  @Test(
    "It does what the AWS CLI does with generated command lines, but for the differences that are meant",
    .enabled(if: Oracle.isExpected, "no .venv with the AWS CLI"))
  func generatedCommandLines() async throws {
    let run = try await LoggedProcess.run(
      "\(Oracle.packageRoot)/.venv/bin/python",
      ["\(Oracle.packageRoot)/Tests/oracle/compare.py", Deployment.binary, "\(Self.generated)", "1"],
      environment: ["PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"])
    #expect(run.error.isEmpty, "\(run.error)")
    let lines = run.output.split(separator: "\n")
    let summary = try JSONValue(parsing: String(try #require(lines.last)))
    #expect(summary["compared"] == .number("\(Self.generated)"))
    for line in lines.dropLast().prefix(20) { #expect(Bool(false), "\(line)") }
    #expect(summary["others"] == 0)
    // Each that is meant is explained.
    guard case .object(let intended) = summary["intended"] else {
      return #expect(Bool(false), "no summary")
    }
    let page = try String(contentsOfFile: "\(Oracle.packageRoot)/docs/aws-cli.md", encoding: .utf8)
    for member in intended.members { #expect(page.contains("| `\(member.name)` |"), "docs/aws-cli.md: \(member.name)") }
  }
}
