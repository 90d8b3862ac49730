import Secrets
import TestSupport
import Testing

/// What /openapi.json says, held against what the real binary does, by schemathesis.
@Suite(.timeLimit(.minutes(10)), .enabled(if: Oracle.isExpected, "no .venv with schemathesis"))
struct APIDescriptionConformanceTests {
  @Test("The daemon does what its description says, whatever it is sent")
  func schemathesis() async throws {
    // Each made-up instance is a call upstream.
    let deployment = try await Deployment(configuration: "[upstream]\nrate = 1000.0\nburst = 1000\n")
    let origin = "http://\(deployment.address)"
    let run = try await LoggedProcess.run(
      "env",
      [
        // It leaves files where it is run.
        "--chdir=\(deployment.directory.path)", "\(Oracle.packageRoot)/.venv/bin/schemathesis", "run",
        "\(origin)/openapi.json", "--origin", origin, "--header", "Authorization: Bearer \(deployment.token.exposed)",
        "--max-examples", "25", "--seed", "1", "--no-color",
      ], environment: Deployment.environment(deployment.directory))
    #expect(run.status == 0, "\(run.output)")
    #expect(run.output.contains("passed"))
    await deployment.stop()
  }
}
