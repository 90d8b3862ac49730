internal import Glibc
internal import LocalHTTP
internal import Logging
internal import Secrets
internal import TokenBroker

/// The parts of a daemon that serves.
///
/// Not `Sendable`: one task starts, reloads and ends it.
final class RunningDaemon {
  let server: Server
  let metrics = Metrics()
  let clock: SystemClock
  let source: ReplaceableSource
  let broker: Broker<TokenContent>
  let service: Service
  let admin: AdminService
  let environment: [String: String]
  let logger: Logger

  // What a reload replaces.
  var configuration: Configuration
  var listeners: Listeners
  var upstream: Upstream
  /// The one that watches, while it is here.
  var watcher: FileWatcher

  /// Serves from then on.
  init(_ plan: ServingPlan, environment: [String: String], logger: Logger) throws(StartError) {
    do {
      clock = try SystemClock()
      server = try Server(limits: Limits(plan.configuration), logger: logger)
    } catch {
      throw StartError(description: "\(error)", exitCode: EX_OSERR)
    }
    upstream = Upstream(plan.configuration, environment: environment, clock: clock, metrics: metrics)
    source = ReplaceableSource(upstream.source)
    broker = Broker<TokenContent>(
      source: source, clock: clock, settings: BrokerSettings(plan.configuration),
      observe: { [metrics] event in
        metrics.count(event)
        BrokerLog.write(event, to: logger)
      }, makePayload: TokenContent.init)
    let metricsPage = MetricsPage(metrics: metrics, broker: broker) { [server] in
      (server.openConnections, server.rejectedConnections)
    }
    service = Service(
      metricsPage: metricsPage, clock: clock,
      terms: Service.Terms(
        accessGuard: AccessGuard(policy: plan.policy), token: plan.token,
        directory: upstream.directory(of: plan.configuration.instances)),
      logger: logger)
    admin = AdminService(metricsPage: metricsPage, logger: logger) { [service] in service.directory }
    configuration = plan.configuration
    listeners = plan.listeners
    self.environment = environment
    self.logger = logger
    watcher = Daemon.watchFiles(
      plan.tokenFile, upstream, plan.configuration.instances, broker, service, logger)
    broker.setWarm(service.directory.warmKeys)
    for listener in listeners.main { server.serve(listener.socket, handler: service) }
    for listener in listeners.admin { server.serve(listener.socket, handler: admin, exemptFromCap: true) }
  }

  var announcement: Announcement { Announcement(configuration, listeners) }

  /// Finishes the requests under way.
  ///
  /// Those that wait for AWS are told shortly before the end that nothing will come.
  func shutDown() async {
    let grace = configuration.limits.shutdownTimeout
    let (server, broker) = (server, broker)
    async let drained: Void = server.shutdown(grace: grace)
    let ending = Task {
      try? await Task.sleep(for: grace * 0.9)
      await broker.shutdown()
    }
    await drained
    ending.cancel()
    await ending.value
  }
}
