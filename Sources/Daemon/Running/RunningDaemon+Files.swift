internal import AWS
internal import Clocks
internal import Configuration
internal import FederationBroker
internal import LocalAPI
internal import LocalHTTP
internal import Logging
internal import System

extension RunningDaemon {
  /// Watches the token files and the AWS files, and follows changes of callers that AWS reports.
  ///
  /// Replaces the watches of the configuration before.
  func follow() {
    let (tokenPaths, upstream) = (tokenFiles.paths, upstream)
    watcher = FileWatcher(paths: { tokenPaths + upstream.files }) { [weak self] changed in
      Task(executorPreference: TaskPool.shared) { [weak self] in await self?.filesChanged(changed) }
    }
    Task(executorPreference: TaskPool.shared) { [weak self] in await self?.learnMachineRegion() }
    callers?.cancel()
    callers = Task(executorPreference: TaskPool.shared) { [weak self] in
      for await profile in upstream.callerChanges { await self?.erase(profile, of: upstream) }
    }
  }

  /// Follows the sessions of the desktop as the configuration in force says.
  func followDesktop() {
    let (onLock, logger) = (configuration.onLock, logger)
    guard let isErasing = DesktopLock.isErasing(onLock, environment: environment) else {
      desktop?.stop()
      desktop = nil
      return
    }
    if let desktop { return desktop.setErasing(isErasing) }
    do throws(SystemError) {
      desktop = try DesktopLock(
        service.lock, isErasing: isErasing, isExpected: onLock != nil, environment: environment, logger: logger)
    } catch {
      logger.error("the desktop's session is not followed", metadata: ["reason": "\(error)"])
    }
  }

  /// Uses the machine's region for instances that no flag, variable or file gives a region.
  private func learnMachineRegion() async {
    if let region = await upstream.neededMachineRegion(for: configuration.instances) {
      logger.notice("the region is the machine's", metadata: ["region": "\(region)"])
      upstream.machineRegion = region
      serveDirectory()
    }
    for entry in service.currentState.directory.entries where entry.isWarm && entry.key == nil {
      logger.error(
        "a warm instance has no region, so no token is fetched for it",
        metadata: [
          "instance": "\(entry.alias)",
          "mend": "set region of the instance, --region, AWS_REGION or region of the profile",
        ])
    }
  }

  /// Puts the directory of instances in force, with the regions that are known now.
  private func serveDirectory() {
    let directory = upstream.directory(of: configuration.instances)
    service.replaceState { $0.with(directory: directory) }
    broker.setWarm(directory.warmKeys)
  }

  private func filesChanged(_ changed: [String]) async {
    for (name, file) in tokenFiles.files where changed.contains(file.path) { readAgain(name, file) }
    if changed.contains(where: { !tokenFiles.paths.contains($0) && !upstream.isOwnRenewal($0) }) {
      await readSourcesAgain()
    }
  }

  /// Erases the tokens whose credentials now belong to another caller.
  func eraseChanged(_ upstream: Upstream) async {
    for profile in await upstream.changedProfiles() { erase(profile, of: upstream) }
  }

  /// Does so, and reads the regions again.
  private func readSourcesAgain() async {
    if let reason = obstacle(configuration) {
      logger.warning("the AWS files name what cannot be used", metadata: ["reason": "\(reason)"])
    }
    await eraseChanged(upstream)
    // A reload may have replaced the upstream meanwhile.
    serveDirectory()
    await learnMachineRegion()
  }

  private func erase(_ profile: ProfileName, of upstream: Upstream) {
    logger.notice(
      "AWS credentials changed: the tokens got with the former ones are erased",
      metadata: ["profile": "\(profile.name)"])
    service.auditLog.record(AuditRecord(identityChangeOf: profile.name, at: clock.now.wall))
    broker.erase { upstream.isOf(profile, $0) }
    upstream.sharing?.drop { upstream.isOf(profile, $0) }
  }

  /// If a token file is missing or invalid, the former token stays in force.
  private func readAgain(_ name: String, _ file: TokenFile) {
    do {
      let token = try file.read()
      service.replaceState { state in
        // The file may be one that was in force before this process began.
        let former = state.tokens.token(named: name)
        let earliest = token == former?.secret ? former?.earliestSignature : listeningSince
        return state.with(tokens: state.tokens.replacing(BearerToken(name, token, earliestSignature: earliest)))
      }
      logger.notice("the token file has changed: its new token is in force", metadata: ["token": "\(name)"])
    } catch {
      logger.warning("the former token stays in force", metadata: ["reason": "\(error)"])
    }
  }
}
