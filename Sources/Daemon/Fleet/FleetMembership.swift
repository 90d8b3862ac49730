internal import AWS
internal import Clocks
internal import Configuration
internal import FederationBroker
internal import LocalAPI
internal import Logging
internal import Outbound
internal import System
internal import Valkey

/// How the daemon works with its fleet, from a start or a reload to the next one.
struct FleetMembership: Sendable {
  let settings: FleetSettings
  private let connections: ValkeyFleetStore
  private let store: MeteredFleetStore
  private let clock: any MomentClock
  private let requestTimeout: Duration
  private let observe: @Sendable (FleetEvent) -> Void

  init(
    _ settings: FleetSettings, requestTimeout: Duration, on thread: OutboundThread, clock: any MomentClock,
    metrics: FleetMetrics, logger: Logger
  ) {
    self.settings = settings
    self.clock = clock
    self.requestTimeout = requestTimeout
    connections = ValkeyFleetStore(
      settings.store, settings.scope, password: settings.password, listens: settings.keys != nil, on: thread,
      clock: clock, observe: { FleetLog.write($0, of: settings.store.address, to: logger) })
    store = MeteredFleetStore(store: connections, metrics: metrics)
    observe = { event in
      metrics.count(event)
      FleetLog.write(event, to: logger)
    }
  }

  /// Whether the store answered when it was last asked.
  var isUp: Bool { connections.isUp }

  /// Returns the limit of the whole fleet, above the daemon's own.
  func limit(_ own: any RateLimiting) -> any RateLimiting {
    FleetRateLimiter(
      own, store: store, clock: clock, requestTimeout: requestTimeout, sharesTokens: settings.keys != nil,
      observe: observe)
  }

  /// Returns a source that shares what `federation` fetches; `nil` where no tokens are shared.
  func sharing(_ federation: ConnectFederation) -> FleetSource? {
    guard let keys = settings.keys else { return nil }
    return FleetSource(
      federation, store: store, seal: FleetSeal(keys: keys, scope: settings.scope),
      identify: { (key) async throws(AWSError) in
        let caller = try await federation.caller(
          region: key.region, identity: key.identity, endpointURL: key.endpointURL)
        return FleetIdentity(
          caller: caller.arn, instanceID: key.instanceID, region: key.region, endpoint: caller.endpoint)
      }, clock: clock, requestTimeout: requestTimeout, observe: observe)
  }

  /// Begins to connect for the regions that will be used.
  func start(regions: Set<String>) { connections.start(regions: regions) }

  /// Closes all connections.
  func end() { connections.end() }
}
