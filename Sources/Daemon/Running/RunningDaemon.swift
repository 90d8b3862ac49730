internal import Clocks
internal import Configuration
internal import ConnectEmulator
internal import FederationBroker
internal import Glibc
internal import LocalAPI
internal import LocalHTTP
internal import Logging
internal import Outbound
internal import RefreshingCache
internal import Synchronization
internal import System
internal import Telemetry

/// The parts of a daemon that serves.
///
/// The state in force changes in steps of the actor, so that a reload and a changed file do not mix.
actor RunningDaemon {
  nonisolated let server: Server
  let metrics = Metrics()
  /// Drives all calls and the connections to a fleet's store.
  let thread = OutboundThread()
  /// What `/metrics` shows of the fleet.
  private let fleetInForce = FleetInForce()
  nonisolated let clock: SystemClock
  let source: ReplaceableSource
  let broker: Broker<TokenContent>
  let changes: TokenChanges
  let service: Service
  let admin: AdminService
  let environment: [String: String]
  let logger: Logger
  /// Stands for Amazon Connect where the configuration says so, and shows its pages then.
  let emulator = ConnectEmulator()
  var showsEmulatorPages = false
  /// What a configuration and the AWS files need and the daemon's sandbox keeps away; `nil` where there is nothing.
  let obstacle: @Sendable (Configuration) -> String?

  // What a reload replaces.
  var effective: EffectiveConfiguration
  var upstreamSettings: Upstream.Settings
  var listeners: Listeners
  var tokenFiles: TokenFiles
  /// The first second, since the epoch, that began after this process had all of its TCP addresses.
  var listeningSince: Int64
  var upstream: Upstream

  // These follow the files and AWS.
  var watcher: FileWatcher?
  var callers: Task<Void, Never>?
  /// Follows the desktop's sessions; `nil` where they do not matter.
  var desktop: DesktopLock?
  var fleetChanges: [Task<Void, Never>] = []

  init(
    _ plan: ServingPlan, environment: [String: String], logger: Logger, logTail: LogTail,
    obstacle: @escaping @Sendable (Configuration) -> String?
  ) throws(StartError) {
    do {
      clock = try SystemClock()
      server = try Server(limits: plan.configuration.limits, logger: logger)
    } catch {
      throw StartError(error)
    }
    listeningSince = clock.now.nextSecond
    upstreamSettings = Upstream.Settings(plan.configuration, fleet: plan.fleet)
    upstream = Upstream(
      upstreamSettings, environment: environment, clock: clock, metrics: metrics, emulator: emulator, on: thread,
      logger: logger)
    source = ReplaceableSource(upstream.source)
    changes = TokenChanges(clock: clock)
    broker = Broker<TokenContent>(
      source: source, clock: clock, settings: CacheSettings(plan.configuration),
      observe: { [metrics, changes] event in
        metrics.count(event)
        changes.note(event)
        BrokerLog.write(event, to: logger)
      }, makePayload: TokenContent.init)
    let metricsPage = MetricsPage(
      metrics: metrics, broker: broker, isStoreUp: { [fleetInForce] in fleetInForce.isUp }
    ) { [server] in
      MetricsPage.Connections(
        open: server.openConnections, rejected: server.rejectedConnections, strangersMemory: server.strangersByteCount)
    }
    service = Service(
      metricsPage: metricsPage, clock: clock, changes: changes,
      state: ServingState(
        accessGuard: AccessGuard(policy: plan.policy), tokens: plan.tokens(since: listeningSince, after: nil),
        rules: plan.rules, audit: plan.configuration.audit,
        directory: upstream.directory(of: plan.configuration.instances), effective: plan.effective),
      logger: logger, logTail: logTail)
    admin = AdminService(service)
    effective = plan.effective
    listeners = plan.listeners
    tokenFiles = plan.tokenFiles
    self.environment = environment
    self.logger = logger
    self.obstacle = obstacle
  }

  /// Starts to serve.
  func start() {
    configureRecords(.start)
    followDesktop()
    showEmulatorPages()
    joinFleet()
    broker.setWarm(service.currentState.directory.warmKeys)
    service.pages.listen(at: listeners.main.map(\.socket.boundAddress))
    for listener in listeners.main { server.serve(listener.socket, handler: service) }
    for listener in listeners.admin { server.serve(listener.socket, handler: admin, exemptFromCap: true) }
    follow()
  }

  /// Serves the pages that the emulator's `SignInUrl` leads to, on a port of their own, where the emulator is used.
  func showEmulatorPages() {
    guard configuration.emulate, !showsEmulatorPages,
      let socket = try? ListeningSocket.bind(to: .tcp(host: "127.0.0.1", port: 0), hopLimit: 1)
    else { return }
    showsEmulatorPages = true
    emulator.showPages(at: "http://\(socket.boundAddress)")
    server.serve(socket, handler: EmulatorPages(emulator, logger: logger))
  }

  /// Begins to connect to the fleet's store, and follows what other daemons do.
  func joinFleet() {
    fleetInForce.replace(with: upstream.fleet)
    guard let fleet = upstream.fleet else { return }
    fleet.start(regions: Set(service.currentState.directory.entries.compactMap { $0.key?.region }))
    guard let sharing = upstream.sharing else { return }
    fleetChanges = [
      Task(executorPreference: TaskPool.shared) { await sharing.follow() },
      Task(executorPreference: TaskPool.shared) { [broker] in for await key in sharing.voided { broker.release(key) } },
    ]
  }

  /// Ends what an upstream has with the fleet.
  func leaveFleet(_ former: Upstream) {
    for task in fleetChanges { task.cancel() }
    fleetChanges = []
    former.sharing?.end()
    former.fleet?.end()
  }

  /// Puts the audit log and the budgets of callers in force, and opens the log's file anew.
  func configureRecords(_ event: AuditRecord.Event) {
    service.auditLog.configure(configuration.audit.destination)
    service.configureBudgets(rate: configuration.rateLimit.rate, burst: configuration.rateLimit.burst)
    service.auditLog.record(AuditRecord(time: clock.now.wall, event: event))
  }

  var configuration: Configuration { effective.configuration }

  var announcement: Announcement { Announcement(configuration, listeners) }

  /// Finishes the requests under way.
  ///
  /// Requests that wait for AWS get an error shortly before the end.
  func shutDown() async {
    watcher = nil
    callers?.cancel()
    desktop?.stop()
    leaveFleet(upstream)
    changes.end()
    let grace = configuration.shutdownTimeout
    async let drained: Void = server.shutdown(grace: grace)
    let ending = Task(executorPreference: TaskPool.shared) { [broker, clock] in
      try? await clock.pause((grace * 0.9).milliseconds)
      await broker.shutdown()
    }
    await drained
    ending.cancel()
    await ending.value
    await service.finishRecords()
  }
}

extension Moment {
  /// The first second of the wall clock that begins from now on: a date of a signature has no milliseconds.
  var nextSecond: Int64 { (wall + 999) / 1000 }
}

/// The fleet in force, for those who look from other threads.
private final class FleetInForce: Sendable {
  private let membership = Mutex<FleetMembership?>(nil)

  /// Whether its store answers; `nil` without a fleet.
  var isUp: Bool? { membership.withLock { $0 }?.isUp }

  func replace(with other: FleetMembership?) { membership.withLock { $0 = other } }
}
