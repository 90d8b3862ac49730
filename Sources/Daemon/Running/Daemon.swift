internal import Client
package import Configuration
internal import Glibc
internal import LocalAPI
internal import LocalHTTP
internal import Logging
internal import Outbound
internal import Secrets
internal import Telemetry

/// `fedbroker serve`: from the command line to the last request.
package enum Daemon {
  /// Serves until SIGTERM or SIGINT, and reloads on SIGHUP.
  package static func run(flags: FlagOverrides, environment: [String: String]) async throws(StartError) {
    ProcessHardening.apply()
    Signals.endFirstProcess()
    ProcessHardening.raiseDescriptorLimit()
    let manager = ServiceManager(environment: environment)
    let effective = try loadConfiguration(flags, environment)
    let writer = LogWriter()
    defer { writer.flush() }
    let output = LogOutput(effective.configuration, environment)
    let logger = Logger(label: "fedbroker") { _ in
      FormattedLogHandler(output: output, writer: writer, metadataProvider: RequestID.metadataProvider)
    }
    SecretMemory.whenUnlocked { reason in
      logger.notice(
        "secrets may be written to swap: the kernel does not lock their memory (RLIMIT_MEMLOCK, LimitMEMLOCK=)",
        metadata: ["reason": "\(reason)"])
    }
    let inherited = Listeners(try inheritedSockets(environment))
    let daemon = try await retried(manager, logger) { () throws(StartError) in
      try checkLibraries(effective.configuration)
      return try RunningDaemon(ServingPlan(effective, current: inherited), environment: environment, logger: logger)
    }
    let signals = Signals.events(Signals.all)
    for warning in effective.warnings + (await daemon.upstream.proxyProblems) { logger.warning("\(warning)") }
    await daemon.start()
    let announcement = await daemon.announcement
    logger.notice("ready", metadata: announcement.metadata)
    manager.ready(status: announcement.status)
    let hadTerminal = StandardError.isControllingTerminal
    if StandardError.isTerminal {
      writer.flush()
      StandardError.write(announcement.invitation)
    }
    let watchdog = Watchdog.start(manager, clock: daemon.clock, proveLife: daemon.server.ping)
    for await event in signals {
      guard event == .reload else { break }
      manager.reloading()
      await reload(daemon, output, flags, environment, logger)
      manager.ready(status: await daemon.announcement.status)
      // A terminal that is closed sends the same signal just before it is gone.
      guard !hadTerminal || StandardError.isControllingTerminal else { break }
    }
    manager.stopping()
    logger.notice("shutting down")
    watchdog?.cancel()
    await watchdog?.value
    await daemon.shutDown()
    logger.notice("stopped")
    writer.flush()
    // Not exit(3): its handlers would release OpenSSL and libcurl while a thread may still use them.
    _exit(EXIT_SUCCESS)
  }

  /// The pauses between the attempts of a start; their sum stays below `TimeoutStartSec=` of the unit.
  private static let pauses: [Duration] = [.seconds(1), .seconds(2), .seconds(4), .seconds(8)]

  /// Repeats a start that failed for a temporary reason, after growing pauses.
  ///
  /// It does so only under a service manager; elsewhere somebody waits for the exit.
  /// Signals are not handled yet, so SIGTERM ends the process at once: there is nothing to finish.
  private static func retried<Result>(
    _ manager: ServiceManager, _ logger: Logger, _ start: () throws(StartError) -> Result
  ) async throws(StartError) -> Result {
    for pause in manager.isPresent ? pauses : [] {
      do throws(StartError) {
        return try start()
      } catch {
        guard error.canPass else { throw error }
        let status = "\(error); trying again in \(pause.components.seconds) s"
        manager.status(status)
        logger.warning("\(status)")
        // No other task runs yet whose thread this could be.
        sleep(UInt32(pause.components.seconds))
      }
    }
    return try start()
  }

  /// Puts the current configuration in force; an invalid configuration is logged, and the previous one stays in force.
  private static func reload(
    _ daemon: RunningDaemon, _ output: LogOutput, _ flags: FlagOverrides, _ environment: [String: String],
    _ logger: Logger
  ) async {
    do throws(StartError) {
      let effective = try loadConfiguration(flags, environment)
      let plan = try ServingPlan(effective, current: await daemon.listeners)
      for warning in effective.warnings { logger.warning("\(warning)") }
      let changes = ConfigurationChange.all(from: await daemon.effective, to: effective)
      for change in changes { logger.notice("configuration changed", metadata: change.metadata) }
      await daemon.adopt(plan)
      output.adopt(effective.configuration, environment)
      logger.notice("reloaded", metadata: ["changes": "\(changes.count)"])
    } catch {
      logger.error("the former configuration stays in force", metadata: ["reason": "\(error)"])
    }
  }

  private static func loadConfiguration(
    _ flags: FlagOverrides, _ environment: [String: String]
  ) throws(StartError) -> EffectiveConfiguration {
    do {
      return try ConfigurationLoader.load(flags: flags, environment: environment, accounts: .system)
    } catch {
      throw .configuration("\(error)")
    }
  }

  /// Throws where a library that the daemon loads only when it calls AWS cannot be loaded.
  package static func checkLibraries(_ configuration: Configuration) throws(StartError) {
    guard !configuration.emulate else { return }
    do { try CurlLibrary.check() } catch { throw StartError(error) }
  }

  private static func inheritedSockets(_ environment: [String: String]) throws(StartError) -> InheritedSockets {
    try InheritedSockets(environment: environment)
  }
}
