package import Clocks
package import Outbound

/// What the sources of credentials work with.
package struct CredentialContext: Sendable {
  package let settings: UpstreamSettings
  package let environment: Environment
  package let transport: any HTTPTransport
  package let clock: any MomentClock
  package let cache: CredentialCache
  /// How many temporary credentials are held at most.
  let capacity: Int
  let signInCache = SignInCache()
  let metadata: InstanceMetadata
  let stsClient: ServiceClient

  /// - Parameters:
  ///   - rateLimit: For STS: a bucket of its own, since its quota is not Amazon Connect's.
  ///   - capacity: How many temporary credentials are held at most.
  ///   - patience: How old a call of a source may be that callers wait for.
  ///   - jitter: Draws a number of at least 0 and less than 1.
  package init(
    settings: UpstreamSettings, environment: Environment, transport: any HTTPTransport, rateLimit: any RateLimiting,
    clock: any MomentClock, capacity: Int = 1000, patience: Duration = .seconds(30),
    jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
  ) {
    self.settings = settings
    self.environment = environment
    self.transport = transport
    self.clock = clock
    self.capacity = capacity
    cache = CredentialCache(clock: clock, capacity: capacity, patience: patience)
    metadata = InstanceMetadata(transport: transport, clock: clock)
    stsClient = ServiceClient(transport: transport, rateLimit: rateLimit, clock: clock, jitter: jitter)
  }

  /// STS as that profile calls it.
  func securityTokenService(
    _ profile: String, _ configuration: SharedConfiguration
  ) throws(AWSError) -> SecurityTokenService {
    try SecurityTokenService(
      client: stsClient, settings: settings, environment: environment, profile: profile, configuration: configuration)
  }
}
