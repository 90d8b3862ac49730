import AWS
import Clocks
import Outbound
import TestSupport

/// The two files and the environment of one test.
struct CredentialFixture: Sendable {
  let directory: ScratchDirectory
  let environment: Environment
  let files: SharedConfigFiles
  let resolver: CredentialResolver

  init(
    directory: ScratchDirectory = ScratchDirectory(), config: String? = nil, credentials: String? = nil,
    environment: [String: String] = [:], profile: String? = nil,
    transport: any HTTPTransport = StubTransport([]), clock: any MomentClock = StepClock()
  ) {
    self.directory = directory
    let home = directory.path
    _ = ChildProcess.run(["mkdir", "\(home)/.aws"])
    if let config { directory.write(".aws/config", config) }
    if let credentials { directory.write(".aws/credentials", credentials) }
    self.environment = Environment(
      environment.merging(["HOME": home, "AWS_EC2_METADATA_DISABLED": "true"]) { $1 })
    files = SharedConfigFiles(environment: self.environment)
    var settings = UpstreamSettings()
    settings.profile = profile
    resolver = CredentialResolver(
      CredentialContext(
        settings: settings, environment: self.environment, transport: transport, rateLimit: RecordingRateLimit(),
        clock: clock, jitter: { 0.5 }),
      files: files)
  }

  func error(_ identity: Identity = Identity()) async -> AWSError? {
    do {
      _ = try await resolver.credentials(for: identity)
      return nil
    } catch {
      return error
    }
  }
}
