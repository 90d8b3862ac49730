import FoundationEssentials
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct TranscriptTests {
  private static let folder = "\(Deployment.sourceRoot)/Tests/Transcripts"
  private static let names = ChildProcess.run(["ls", folder]).output.split(separator: "\n").map(String.init)

  @Test("Each command of a transcript prints and returns what stands there", arguments: names)
  func transcript(name: String) async throws {
    let transcript = Transcript(try String(contentsOfFile: "\(Self.folder)/\(name)", encoding: .utf8))
    #expect(!transcript.steps.isEmpty)
    let deployment: Deployment? = if let serve = transcript.serve { try await Deployment(serve: serve) } else { nil }
    let directory = ScratchDirectory()
    var environment = Deployment.environment(directory)
    environment["PATH"] = "\(Deployment.binary.dropLast("/fedbroker".count)):/usr/bin:/bin"
    environment["TERM"] = "dumb"
    environment["FEDBROKER_LISTEN"] = deployment?.address
    if let deployment { environment["FEDBROKER_TOKEN_FILE"] = "\(deployment.directory.path)/fedbroker/token" }
    for step in transcript.steps {
      let input = directory.write("input", step.input.map { "\($0)\n" }.joined())
      let result = try await LoggedProcess.run(
        "/bin/sh", ["-c", "cd '\(directory.path)' && { \(step.command)\n} < '\(input)'"], environment: environment)
      func lines(_ text: String) -> [String] {
        text.replacing(directory.path, with: "DIR").replacing(deployment?.address ?? "\0", with: "ADDRESS")
          .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      }
      let place: Comment = "\(name):\(step.line): \(step.command)\n\(result.output)\(result.error)[\(result.status)]"
      #expect(result.status == step.status, place)
      #expect(Transcript.matches(lines(result.output), step.output), place)
      #expect(Transcript.matches(lines(result.error), step.error), place)
    }
    await deployment?.stop()
  }

  @Test(
    "A transcript takes for equal what stands there, and nothing else",
    arguments: [
      ("a", "a", true), ("a", "b", false), ("a\nb", "a", false), ("a", "a\nb", false), ("a b c", "a … c", true),
      ("a b c", "a … d", false), ("a\nb\nc", "…\nc", true), ("a\nb\nc", "a\n…", true), ("a\nb", "…\nc", false),
      ("a\n", "a", true), ("", "…", true), ("", "a", false), ("xay", "…a…", true), ("xby", "…a…", false),
    ])
  func matching(printed: String, expected: String, isEqual: Bool) {
    func lines(_ text: String) -> [String] {
      text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(Transcript.matches(lines(printed), lines(expected)) == isEqual)
  }
}
