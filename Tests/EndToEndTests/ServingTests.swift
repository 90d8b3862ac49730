import FoundationEssentials
import Glibc
import JSON
import Outbound
import Secrets
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ServingTests {
  private let path = "/v1/instances/demo/token"

  @Test("A thousand requests at once for a cold instance are one call upstream")
  func singleFlight() async throws {
    let deployment = try await Deployment(emulator: ["--latency", "1"])
    let bodies = try await withThrowingTaskGroup(of: Secret.self) { group in
      for _ in 0..<1000 {
        group.addTask {
          let response = try await deployment.ask("GET", path)
          #expect(response.status == 200)
          return response.body
        }
      }
      return try await group.reduce(into: [Secret]()) { $0.append($1) }
    }
    #expect(bodies.count == 1000)
    #expect(bodies.allSatisfy { $0 == bodies[0] })
    #expect(deployment.upstreamCalls == 1)
    await deployment.stop()
  }

  @Test("A token of 20 s is refreshed in the background: a client in a loop never waits and never sees it expired")
  func refreshAhead() async throws {
    let deployment = try await Deployment(emulator: ["--lifetime", "20"], serve: ["--instance-id", "demo"])
    try await deployment.daemon.line(containing: "fetched a token")
    var tokens: Set<String> = []
    while tokens.count < 3 {
      let asked = Date()
      let response = try await deployment.ask("GET", path)
      #expect(response.status == 200)
      #expect(response["Cache-Status"]?.hasPrefix("fedbroker; hit; ttl=") == true)
      let credentials = try #require(try SecretJSON(parsing: response.body)["Credentials"])
      let expiration = try Date(try #require(credentials["AccessTokenExpiration"]?.string), strategy: .iso8601)
      // The answer's time is rounded down to the second.
      #expect(expiration.addingTimeInterval(1) > asked)
      tokens.insert(try #require(credentials["AccessToken"]?.string))
    }
    await deployment.stop()
  }

  @Test("Upstream that is gone during the refresh costs no one an answer, and is found again when it is back")
  func upstreamDown() async throws {
    let deployment = try await Deployment(emulator: ["--lifetime", "30"], serve: ["--instance-id", "demo"])
    try await deployment.daemon.line(containing: "fetched a token")
    deployment.emulator.signal(SIGKILL)
    await deployment.emulator.exitStatus()
    try await deployment.daemon.line(containing: "a fetch failed")
    let whileDown = try await deployment.ask("GET", path)
    #expect(whileDown.status == 200)
    #expect(whileDown["Cache-Status"]?.hasPrefix("fedbroker; hit") == true)
    let (emulator, _) = try await Deployment.startEmulator(["--lifetime", "30"], listen: deployment.emulatorAddress)
    try await deployment.daemon.line(containing: "fetched a token", count: 2)
    #expect(try await deployment.ask("GET", path).status == 200)
    emulator.signal(SIGKILL)
    await deployment.stop()
  }

  @Test("SIGTERM in mid-request: the request is answered, then the daemon ends")
  func termination() async throws {
    let deployment = try await Deployment(emulator: ["--latency", "2"])
    async let response = deployment.ask("GET", path)
    try await deployment.emulator.line(containing: ": call ")
    deployment.daemon.signal(SIGTERM)
    try await deployment.daemon.line(containing: "shutting down")
    #expect(try await response.status == 200)
    #expect(await deployment.daemon.exitStatus() == 0)
    #expect(deployment.daemon.standardError.contains("stopped"))
    deployment.emulator.signal(SIGKILL)
  }

  @Test("What waits for AWS at the end of the grace period is told that nothing will come")
  func terminationWithoutAnswer() async throws {
    let deployment = try await Deployment(
      emulator: ["--latency", "600"], configuration: "[limits]\nshutdown_timeout = \"1s\"\n")
    async let response = deployment.ask("GET", path)
    try await deployment.emulator.line(containing: ": call ")
    deployment.daemon.signal(SIGTERM)
    #expect(try await response.status == 503)
    #expect(try SecretJSON(parsing: try await response.body)["code"]?.string == "ShuttingDown")
    #expect(await deployment.daemon.exitStatus() == 0)
    deployment.emulator.signal(SIGKILL)
  }

  @Test("The emulator's faults are told as what they are, and a failure is forgotten when it is over")
  func faults() async throws {
    // Three attempts each for what may pass. libcurl adds one of its own to the first drop, since it meets that on a
    // connection it used before.
    let deployment = try await Deployment(
      emulator: ["--script", "deny,nobody,invalid,broken,html,empty,duplicate,fail*3,drop*4,ok"])
    let expected = [
      (502, "AccessDeniedException"), (404, "UserNotFoundException"), (502, "InvalidRequestException"),
      (502, "BadUpstreamResponse"), (502, "BadUpstreamResponse"), (502, "BadUpstreamResponse"),
      (409, "DuplicateResourceException"), (502, "InternalServiceException"), (502, "UpstreamUnreachable"),
    ]
    for (status, code) in expected {
      let response = try await deployment.ask("GET", path)
      #expect(response.status == status)
      let problem = try SecretJSON(parsing: response.body)
      #expect(problem["code"]?.string == code)
      let id = try #require(problem["request_id"]?.string)
      if status >= 500 { try await deployment.daemon.line(containing: "request_id=\(id)") }
    }
    #expect(try await deployment.ask("GET", path).status == 200)
    await deployment.stop()
  }

  @Test("Another token in the token file counts at once, the former one no more")
  func tokenReplaced() async throws {
    let deployment = try await Deployment(serve: ["--instance-id", "demo"])
    #expect(try await deployment.ask("GET", "/v1/instances").status == 200)
    let other = String(repeating: "n", count: 43)
    deployment.directory.write("fedbroker/token", other)
    try await deployment.daemon.line(containing: "its new token is in force")
    #expect(try await deployment.ask("GET", "/v1/instances").status == 401)
    chmod("\(deployment.directory.path)/fedbroker/token", 0o644)
    try await deployment.daemon.line(containing: "the former token stays in force")
    await deployment.stop()
  }

  @Test("Other keys in the credentials file: the tokens got with the former ones are erased")
  func credentialsReplaced() async throws {
    let deployment = try await Deployment(
      configuration: "[instances.sales]\nid = \"demo\"\nprofile = \"sales\"\nwarm = true\n")
    mkdir("\(deployment.directory.path)/.aws", 0o700)
    func write(_ secret: String) {
      deployment.directory.write(
        ".aws/credentials",
        "[sales]\naws_access_key_id = \(Deployment.accessKeyID)\naws_secret_access_key = \(secret)\n")
    }
    let before = try await deployment.ask("GET", "/v1/instances/sales/token")
    #expect(before.status == 503)
    #expect(try SecretJSON(parsing: before.body)["code"]?.string == "NoCredentials")
    write(Deployment.secretAccessKey)
    #expect(try await deployment.ask("GET", "/v1/instances/sales/token").status == 200)
    write("canary-secret-access-key-of-somebody-else")
    try await deployment.daemon.line(containing: "AWS credentials changed")
    let after = try await deployment.ask("GET", "/v1/instances/sales/token")
    #expect(after.status == 502)
    #expect(try SecretJSON(parsing: after.body)["code"]?.string == "InvalidSignatureException")
    await deployment.stop()
  }

  @Test("A clock that is an hour off is corrected, and the token is kept as long as AWS meant it")
  func skew() async throws {
    let deployment = try await Deployment(emulator: ["--clock-offset", "3600"])
    let first = try await deployment.ask("GET", path)
    #expect(first.status == 200)
    let hit = try await deployment.ask("GET", path)
    // Of the 900 s some have passed; an hour would be all of them, or more than there are.
    #expect(hit["Cache-Status"]?.hasPrefix("fedbroker; hit; ttl=8") == true)
    await deployment.stop()
  }
}
