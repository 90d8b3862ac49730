import Outbound
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
        // Once it is locked it serves nothing any more; LockRouteTests hold it to what is described.
        "--exclude-operation-id", "lock", "--max-examples", "25", "--seed", "1", "--no-color",
      ], environment: Deployment.environment(deployment.directory))
    #expect(run.status == 0, "\(run.output)")
    #expect(run.output.contains("passed"))
    await deployment.stop()
  }

  @Test("A client that is generated from the description works")
  func generatedClient() async throws {
    let deployment = try await Deployment(serve: ["--instance-id", "demo"])
    let origin = "http://\(deployment.address)"
    let directory = deployment.directory
    let description = try await deployment.ask("GET", "/openapi.json", hasToken: false)
    #expect(description.status == 200)
    directory.write("openapi.json", description.body.exposed)
    directory.write("client.yaml", "project_name_override: fedbroker-client\npost_hooks: []\n")
    let python = "\(Oracle.packageRoot)/.venv/bin"
    let generation = try await LoggedProcess.run(
      "\(python)/openapi-python-client",
      [
        "generate", "--path", "\(directory.path)/openapi.json", "--config", "\(directory.path)/client.yaml",
        "--output-path", "\(directory.path)/client", "--fail-on-warning",
      ], environment: Deployment.environment(directory))
    #expect(generation.status == 0, "\(generation.output)\(generation.error)")
    let script =
      "exec '\(python)/python' '\(Oracle.packageRoot)/Tests/oracle/api_client.py' client \(origin) <fedbroker/token"
    let run = try await LoggedProcess.run(
      "/bin/sh", ["-c", "cd '\(directory.path)' && \(script)"], environment: Deployment.environment(directory))
    #expect(run.status == 0 && run.output.contains("every operation"), "\(run.output)\(run.error)")
    await deployment.stop()
  }
}
