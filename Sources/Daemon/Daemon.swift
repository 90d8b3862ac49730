internal import Glibc
internal import LocalHTTP
internal import Logging
internal import Secrets
internal import Telemetry
internal import TokenBroker

/// `fedbroker serve`: puts the parts together, and takes them apart again.
package enum Daemon {
  /// Serves until SIGTERM or SIGINT.
  package static func run(flags: FlagOverrides, environment: [String: String]) async throws(StartError) {
    ProcessHardening.apply()
    ProcessHardening.raiseDescriptorLimit()
    let effective: EffectiveConfiguration
    do {
      effective = try ConfigurationLoader.load(flags: flags, environment: environment)
    } catch {
      throw .configuration("\(error)")
    }
    let writer = LogWriter()
    defer { writer.flush() }
    let logger = logger(effective.configuration, environment, writer)
    for warning in effective.warnings { logger.warning("\(warning)") }
    try await serve(effective.configuration, environment: environment, logger: logger) { writer.flush() }
  }

  private static func serve(
    _ configuration: Configuration, environment: [String: String], logger: Logger, flushLog: () -> Void
  ) async throws(StartError) {
    let policy = try AccessGuard.Policy(configuration)
    let tokenFile = TokenFile(path: configuration.tokenFile, group: try tokenGroup(configuration))
    // A token is made only once the addresses are had: a second daemon must not touch the first one's.
    let listeners = try Listeners(configuration, peers: policy.peers)
    let token: Secret
    do { token = try tokenFile.readOrCreate() } catch { throw StartError(error) }

    let clock: SystemClock
    do { clock = try SystemClock() } catch { throw StartError(description: "\(error)", exitCode: EX_OSERR) }
    let upstream = Upstream(configuration, environment: environment, clock: clock)
    let broker = Broker<TokenContent>(
      source: upstream.source, clock: clock, settings: BrokerSettings(configuration),
      observe: { BrokerLog.write($0, to: logger) }, makePayload: TokenContent.init)
    let service = Service(
      broker: broker, clock: clock,
      terms: Service.Terms(accessGuard: AccessGuard(policy: policy), token: token, directory: upstream.directory()),
      logger: logger)
    let admin = AdminService(broker: broker, directory: { service.directory })
    let server: Server
    do {
      server = try Server(handler: service, limits: Limits(configuration), logger: logger)
    } catch {
      throw StartError(description: "\(error)", exitCode: EX_OSERR)
    }
    service.desktop.listen(at: listeners.main.map(\.boundAddress))
    broker.setWarm(service.directory.warmKeys)
    for socket in listeners.main { server.serve(socket) }
    for socket in listeners.admin { server.serve(socket, handler: admin, exemptFromCap: true) }
    let watcher = watchFiles(tokenFile, upstream, broker, service, logger)
    let callers = watchCallers(upstream, broker, logger)

    let announcement = Announcement(configuration, listeners)
    logger.notice("ready", metadata: announcement.metadata)
    if StandardError.isTerminal {
      flushLog()
      StandardError.write(announcement.invitation)
    }
    await TerminationSignals.first()
    logger.notice("shutting down")
    withExtendedLifetime(watcher) {}
    callers.cancel()
    await shutDown(server, broker, grace: configuration.limits.shutdownTimeout)
    logger.notice("stopped")
  }

  /// Finishes the requests under way.
  ///
  /// Those that wait for AWS are told shortly before the end that nothing will come.
  private static func shutDown(_ server: Server, _ broker: Broker<TokenContent>, grace: Duration) async {
    async let drained: Void = server.shutdown(grace: grace)
    let ending = Task {
      try? await Task.sleep(for: grace * 0.9)
      await broker.shutdown()
    }
    await drained
    ending.cancel()
    await ending.value
  }

  private static func tokenGroup(_ configuration: Configuration) throws(StartError) -> UInt32? {
    guard let name = configuration.tokenGroup else { return nil }
    guard let gid = UserDatabase.gid(of: name) else { throw .configuration("token_group: there is no group \(name)") }
    return gid
  }

  private static func logger(
    _ configuration: Configuration, _ environment: [String: String], _ writer: LogWriter
  ) -> Logger {
    let format = (configuration.logFormat == .json ? LogFormat.json : .text)
      .adaptedToJournal(journalStream: environment["JOURNAL_STREAM"])
    return Logger(label: "fedbroker") { _ in
      FormattedLogHandler(format: format, level: configuration.logLevel, writer: writer)
    }
  }
}
