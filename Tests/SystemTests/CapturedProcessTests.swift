import Glibc
import Secrets
import System
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct CapturedProcessTests {
  private func run(_ script: String, timeout: Duration = .seconds(60)) async throws -> String {
    try await CapturedProcess.run(["sh", "-c", script], environment: ["PATH": "/usr/bin:/bin"], timeout: timeout)
      .exposed
  }

  @Test func `A program that hangs is ended with its children`() async throws {
    let directory = ScratchDirectory()
    let pipe = "\(directory.path)/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    let script = "(exec sleep 1000 3<>\(pipe)) & sleep 1000"
    await #expect(throws: CapturedProcess.Failure.timedOut) { try await run(script, timeout: .milliseconds(200)) }
    // Nobody holds the other end of the pipe any more: the grandchild is gone too.
    #expect(open(pipe, O_WRONLY | O_NONBLOCK) == -1 && errno == ENXIO)
  }

  @Test func `A program that closes its output and stays is ended too`() async {
    await #expect(throws: CapturedProcess.Failure.timedOut) {
      try await run("exec >&- 2>&-; sleep 1000", timeout: .milliseconds(200))
    }
  }

  @Test func `Cancelling the task ends the program`() async throws {
    let directory = ScratchDirectory()
    let pipe = "\(directory.path)/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    let task = Task { try await run("echo started > \(pipe); sleep 1000") }
    // Returns once the program writes. Waiting for it must not hold one of the few threads that the task needs.
    #expect(try await LoggedProcess.run("/bin/cat", [pipe]).output == "started\n")
    task.cancel()
    await #expect(throws: CapturedProcess.Failure.cancelled) { try await task.value }
  }

  @Test func `Standard input is empty`() async throws {
    #expect(try await run("cat; echo end") == "end\n")
  }

  @Test func `Signals that this process ignores are not ignored by the program`() async throws {
    signal(SIGPIPE, SIG_IGN)
    await #expect(throws: CapturedProcess.Failure.failed("signal 13")) { try await run("kill -PIPE $$; echo alive") }
  }

  @Test func `Many at a time get each their own output`() async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<20 { group.addTask { try await run("echo \(number)") == "\(number)\n" } }
      for try await isOwn in group { #expect(isOwn) }
    }
  }
}
