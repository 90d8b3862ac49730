import Glibc
import Outbound
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct LoggingTests {
  @Test("A request is logged at debug level, and what it caused upstream under the same id")
  func requestID() async throws {
    let deployment = try await Deployment(emulator: ["--script", "ok,deny"], serve: ["--log-level", "debug"])
    #expect(try await deployment.ask("GET", "/v1/instances/demo/token").status == 200)
    let request = try await deployment.daemon.line(containing: ": request ")
    #expect(try Deployment.value("route", in: request) == "token")
    #expect(try Deployment.value("status", in: request) == "200")
    #expect(try Deployment.value("client", in: request).hasPrefix("127.0.0.1:"))
    #expect(try Deployment.value("duration", in: request).hasSuffix("us"))
    let fetch = try await deployment.daemon.line(containing: "fetched a token")
    #expect(try Deployment.value("request_id", in: fetch) == Deployment.value("request_id", in: request))

    #expect(try await deployment.ask("GET", "/v1/instances/other/token").status == 502)
    let refused = try await deployment.daemon.line(containing: ": request ", count: 2)
    for text in ["AWS refuses this identity", "answered with an error"] {
      let line = try await deployment.daemon.line(containing: text)
      #expect(try Deployment.value("request_id", in: line) == Deployment.value("request_id", in: refused))
    }
    await deployment.stop()
  }

  @Test(
    "Only a terminal gets colours, and only one whose user wants them", arguments: ["", "NO_COLOR=1 ", "TERM=dumb "])
  func colours(setting: String) async throws {
    let directory = ScratchDirectory()
    // script(1) gives the daemon a terminal, and prints what appears there.
    let command = "\(setting)\(Deployment.binary) serve --emulate --listen 127.0.0.1:0"
    let session = try LoggedProcess(
      "/bin/sh", ["-c", "exec script --quiet --flush --command '\(command)' /dev/null >&2"],
      environment: Deployment.environment(directory))
    let line = try await session.line(containing: " ready ")
    #expect(line.contains("\u{1B}[32mnotice\u{1B}[0m: ready") == setting.isEmpty)
    session.signal(SIGTERM)
    await session.exitStatus()
  }
}
