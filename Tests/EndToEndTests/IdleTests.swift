import FoundationEssentials
import Glibc
import Outbound
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct IdleTests {
  /// Dispatch sets one timer descriptor for the next of its timers, so that one a second shows at any moment.
  @Test("A daemon that has answered, missed, refreshed and reloaded leaves no timer that goes off within seconds")
  func timers() async throws {
    let deployment = try await Deployment(emulator: ["--lifetime", "100000"], serve: ["--instance-id", "demo"])
    for path in ["/v1/instances/demo/token", "/v1/instances/demo/token?min_ttl=1"] {
      #expect(try await deployment.ask("GET", path).status == 200)
    }
    #expect(try await deployment.ask("POST", "/v1/instances/demo/refresh").status == 200)
    deployment.daemon.signal(SIGHUP)
    try await deployment.daemon.line(containing: ": reloaded")
    let soonest = try #require(try timers(of: deployment.daemon).min())
    #expect(soonest > 2, "a timer goes off in \(soonest) s")
    await deployment.stop()
  }

  /// Seconds until each timer descriptor that is set goes off (proc(5), `it_value`).
  private func timers(of process: LoggedProcess) throws -> [Int] {
    let directory = "/proc/\(process.identifier)/fdinfo"
    return try FileManager.default.contentsOfDirectory(atPath: directory).compactMap { name in
      guard let text = try? String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8) else { return nil }
      let line = text.split(separator: "\n").first { $0.hasPrefix("it_value: (") }
      let parts = line?.dropFirst("it_value: (".count).split(separator: ",") ?? []
      guard parts.count == 2, let seconds = Int(parts[0]) else { return nil }
      return seconds == 0 && parts[1].hasPrefix(" 0)") ? nil : seconds
    }
  }
}
