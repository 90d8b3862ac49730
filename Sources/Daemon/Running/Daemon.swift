internal import Client
internal import Clocks
package import Configuration
internal import Glibc
internal import LocalAPI
internal import LocalHTTP
internal import Logging
internal import Outbound
internal import Secrets
internal import System
internal import Telemetry

/// `fedbroker serve`: from the command line to the last request.
package enum Daemon {
  /// A daemon that has its addresses, its token and its sandbox, and serves nothing yet.
  package struct Prepared: Sendable {
    fileprivate let flags: FlagOverrides
    fileprivate let environment: [String: String]
    fileprivate let manager: ServiceManager
    fileprivate let writer: LogWriter
    fileprivate let output: LogOutput
    fileprivate let logger: Logger
    fileprivate let logTail: LogTail
    fileprivate let plan: ServingPlan
    fileprivate let sandbox: Sandbox?
    /// Runs beside the daemon, which ends with it and with its status; empty for none.
    fileprivate let command: [String]
  }

  /// Does the part of a start that can fail.
  ///
  /// To be called while the process has one thread, since the sandbox restricts the thread that asks for it and those
  /// that it starts.
  ///
  /// - Parameter command: Runs beside the daemon, which then has no sandbox: the command would be in it.
  package static func prepare(
    flags: FlagOverrides, environment: [String: String], command: [String] = []
  ) throws(StartError) -> Prepared {
    ProcessHardening.apply()
    Signals.endFirstProcess()
    ProcessHardening.raiseDescriptorLimit()
    let manager = ServiceManager(environment: environment)
    let effective = try loadConfiguration(flags, environment)
    let writer = LogWriter(isQueued: false)
    let output = LogOutput(effective.configuration, environment)
    let tail = LogTail()
    let logger = Logger(label: "fedbroker") { _ in
      FormattedLogHandler(output: output, writer: writer, tail: tail, metadataProvider: RequestID.metadataProvider)
    }
    let inherited = Listeners(try inheritedSockets(environment))
    let plan = try retried(manager, logger) { () throws(StartError) in
      try checkLibraries(effective.configuration)
      return try ServingPlan(effective, current: inherited)
    }
    let sandbox =
      effective.configuration.sandbox && command.isEmpty
      ? Sandbox.apply(rules(effective.configuration, flags: flags, environment: environment)) : nil
    return Prepared(
      flags: flags, environment: environment, manager: manager, writer: writer, output: output, logger: logger,
      logTail: tail, plan: plan, sandbox: sandbox, command: command)
  }

  /// Serves until SIGTERM or SIGINT, and reloads on SIGHUP.
  package static func run(_ prepared: Prepared) async throws(StartError) {
    let (environment, manager) = (prepared.environment, prepared.manager)
    let (writer, logger) = (prepared.writer, prepared.logger)
    writer.startQueue()
    defer { writer.flush() }
    prepared.sandbox?.log(to: logger)
    SecretMemory.whenUnlocked { reason in
      logger.notice(
        "secrets may be written to swap: the kernel does not lock their memory (RLIMIT_MEMLOCK, LimitMEMLOCK=)",
        metadata: ["reason": "\(reason)"])
    }
    let effective = prepared.plan.effective
    let daemon = try RunningDaemon(
      prepared.plan, environment: environment, logger: logger, logTail: prepared.logTail
    ) { configuration in
      obstacle(configuration, prepared)
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
    let (events, source) = AsyncStream.makeStream(of: Signals.Event.self)
    let forwarding = Task(executorPreference: TaskPool.shared) { for await event in signals { source.yield(event) } }
    let quits = daemon.service.quits
    let quitting = Task(executorPreference: TaskPool.shared) {
      for await _ in quits {
        logger.notice("asked to end by POST /quit")
        source.yield(.terminate)
      }
    }
    defer {
      forwarding.cancel()
      quitting.cancel()
    }
    let companion = await start(prepared.command, environment, daemon, logger) { source.yield(.terminate) }
    for await event in events {
      guard event == .reload else { break }
      manager.reloading()
      await reload(daemon, prepared)
      manager.ready(status: await daemon.announcement.status)
      // A terminal that is closed sends the same signal just before it is gone.
      guard !hadTerminal || StandardError.isControllingTerminal else { break }
    }
    manager.stopping()
    logger.notice("shutting down")
    // The command may need tokens to the end.
    let status = await companion.end(grace: daemon.configuration.shutdownTimeout, clock: daemon.clock)
    watchdog?.cancel()
    await watchdog?.value
    await daemon.shutDown()
    logger.notice("stopped")
    writer.flush()
    // Not exit(3): its handlers would release OpenSSL and libcurl while a thread may still use them.
    _exit(status)
  }

  /// The command beside the daemon, or what its absence ends with.
  private enum Beside {
    case nothing
    case command(Companion)
    case failure(Int32)

    func end(grace: Duration, clock: any MomentClock) async -> Int32 {
      switch self {
      case .nothing: EXIT_SUCCESS
      case .command(let companion): await companion.terminate(grace: grace, clock: clock)
      case .failure(let status): status
      }
    }
  }

  private static func start(
    _ command: [String], _ environment: [String: String], _ daemon: RunningDaemon, _ logger: Logger,
    whenEnded: @escaping @Sendable () -> Void
  ) async -> Beside {
    guard let program = command.first else { return .nothing }
    do throws(SystemError) {
      let addresses = await daemon.listeners.main.map(\.socket.boundAddress)
      return .command(try Companion(command, environment: environment, daemon: addresses, whenEnded: whenEnded))
    } catch {
      logger.error("the command cannot be started", metadata: ["command": "\(program)", "reason": "\(error.reason)"])
      // As shells say it: 127 for a command that is not found, 126 for one that cannot run.
      whenEnded()
      return .failure(error.code == ENOENT ? 127 : 126)
    }
  }

  /// The pauses between the attempts of a start; their sum stays below `TimeoutStartSec=` of the unit.
  private static let pauses: [UInt32] = [1, 2, 4, 8]

  /// Repeats a start that failed for a temporary reason, after growing pauses.
  ///
  /// It does so only under a service manager; elsewhere somebody waits for the exit.
  /// Signals are not handled yet, so SIGTERM ends the process at once: there is nothing to finish.
  private static func retried<Result>(
    _ manager: ServiceManager, _ logger: Logger, _ start: () throws(StartError) -> Result
  ) throws(StartError) -> Result {
    for pause in manager.isPresent ? pauses : [] {
      do throws(StartError) {
        return try start()
      } catch {
        guard error.canPass else { throw error }
        let status = "\(error); trying again in \(pause) s"
        manager.status(status)
        logger.warning("\(status)")
        sleep(pause)
      }
    }
    return try start()
  }

  /// Puts the current configuration in force; an invalid configuration is logged, and the previous one stays in force.
  private static func reload(_ daemon: RunningDaemon, _ prepared: Prepared) async {
    let (flags, environment, logger) = (prepared.flags, prepared.environment, prepared.logger)
    do throws(StartError) {
      let effective = try loadConfiguration(flags, environment)
      if let obstacle = obstacle(effective.configuration, prepared) { throw .configuration(obstacle) }
      let plan = try ServingPlan(effective, current: await daemon.listeners)
      for warning in effective.warnings { logger.warning("\(warning)") }
      let changes = ConfigurationChange.all(from: await daemon.effective, to: effective)
      for change in changes { logger.notice("configuration changed", metadata: change.metadata) }
      await daemon.adopt(plan)
      prepared.output.adopt(effective.configuration, environment)
      logger.notice("reloaded", metadata: ["changes": "\(changes.count)"])
    } catch {
      logger.error("the former configuration stays in force", metadata: ["reason": "\(error)"])
    }
  }

  /// Returns what a configuration and the AWS files need and the sandbox, which cannot be widened, keeps away.
  private static func obstacle(_ configuration: Configuration, _ prepared: Prepared) -> String? {
    guard let inForce = prepared.sandbox?.rules else { return nil }
    let needed = rules(configuration, flags: prepared.flags, environment: prepared.environment)
    if needed.runsPrograms { return "the sandbox of this process executes no credential_process: restart fedbroker" }
    return needed.firstBeyond(inForce).map {
      "\($0) is outside the sandbox of this process, which its start has set: restart fedbroker"
    }
  }

  private static func rules(
    _ configuration: Configuration, flags: FlagOverrides, environment: [String: String]
  ) -> SandboxRules {
    SandboxRules(
      configuration, configurationFile: ConfigurationLoader.path(flags: flags, environment: environment),
      environment: environment)
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
