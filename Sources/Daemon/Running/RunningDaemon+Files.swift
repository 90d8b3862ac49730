internal import AWS
internal import Configuration
internal import FederationBroker
internal import LocalAPI
internal import LocalHTTP
internal import Logging
internal import System

extension RunningDaemon {
  /// Watches the token file and the AWS files, and follows changes of callers that AWS reports.
  ///
  /// Replaces the watches of the configuration before.
  func follow() {
    let (tokenPath, upstream) = (tokenFile.path, upstream)
    watcher = FileWatcher(paths: { [tokenPath] + upstream.files }) { [weak self] changed in
      Task(executorPreference: TaskPool.shared) { [weak self] in await self?.filesChanged(changed) }
    }
    Task(executorPreference: TaskPool.shared) { [weak self] in await self?.learnMachineRegion() }
    callers?.cancel()
    callers = Task(executorPreference: TaskPool.shared) { [weak self] in
      for await profile in upstream.callerChanges { await self?.erase(profile, of: upstream) }
    }
  }

  /// Uses the machine's region for instances that no flag, variable or file gives a region.
  private func learnMachineRegion() async {
    guard let region = await upstream.neededMachineRegion(for: configuration.instances) else { return }
    logger.notice("the region is the machine's", metadata: ["region": "\(region)"])
    upstream.machineRegion = region
    serveDirectory()
  }

  /// Puts the directory of instances in force, with the regions that are known now.
  private func serveDirectory() {
    let directory = upstream.directory(of: configuration.instances)
    service.replaceState { $0.with(directory) }
    broker.setWarm(directory.warmKeys)
  }

  private func filesChanged(_ changed: [String]) async {
    if changed.contains(tokenFile.path) { readTokenAgain() }
    if changed.contains(where: { $0 != tokenFile.path && !upstream.isOwnRenewal($0) }) { await readSourcesAgain() }
  }

  /// Erases the tokens whose credentials now belong to another caller.
  func eraseChanged(_ upstream: Upstream) async {
    for profile in await upstream.changedProfiles() { erase(profile, of: upstream) }
  }

  /// Does so, and reads the regions again.
  private func readSourcesAgain() async {
    await eraseChanged(upstream)
    // A reload may have replaced the upstream meanwhile.
    serveDirectory()
    await learnMachineRegion()
  }

  private func erase(_ profile: ProfileName, of upstream: Upstream) {
    logger.notice(
      "AWS credentials changed: the tokens got with the former ones are erased",
      metadata: ["profile": "\(profile.name)"])
    broker.erase { upstream.isOf(profile, $0) }
  }

  /// If the token file is missing or invalid, the former token stays in force.
  private func readTokenAgain() {
    do {
      let token = try tokenFile.read()
      // The file may be one that was in force before this process began.
      let earliest = token == service.currentState.token ? service.currentState.earliestSignature : listeningSince
      service.replaceState {
        ServingState(
          accessGuard: $0.accessGuard, token: token, directory: $0.directory, earliestSignature: earliest)
      }
      logger.notice("the token file has changed: its new token is in force")
    } catch {
      logger.warning("the former token stays in force", metadata: ["reason": "\(error)"])
    }
  }
}
