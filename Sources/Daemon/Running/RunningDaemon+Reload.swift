internal import AWS
internal import Clocks
internal import Configuration
internal import FederationBroker
internal import LocalAPI
internal import LocalHTTP
internal import RefreshingCache
internal import System

extension RunningDaemon {
  /// Puts a plan in force; connections survive, and so do the tokens of keys that keep their identity.
  func adopt(_ plan: ServingPlan) {
    // The former sources know the callers of the cached tokens; new ones have nothing to compare with.
    let formerUpstream = upstream
    Task(executorPreference: TaskPool.shared) { [self] in await eraseChanged(formerUpstream) }
    effective = plan.effective
    showEmulatorPages()
    tokenFiles = plan.tokenFiles
    let settings = Upstream.Settings(configuration, fleet: plan.fleet)
    if settings != upstreamSettings {
      upstream = Upstream(
        settings, environment: environment, clock: clock, metrics: metrics, emulator: emulator, on: thread,
        logger: logger, after: formerUpstream)
      upstream.machineRegion = formerUpstream.machineRegion
      source.replace(with: upstream.source)
      leaveFleet(formerUpstream)
      joinFleet()
      if !settings.haveSameAccount(as: upstreamSettings) { broker.erase { _ in true } }
      upstreamSettings = settings
    }
    // Before a request can count on it.
    configureRecords(.reload)
    let directory = upstream.directory(of: configuration.instances)
    let hasNewAddress = plan.listeners.hasNewAddress(beside: listeners)
    if hasNewAddress { listeningSince = clock.now.nextSecond }
    let tokens = plan.tokens(since: listeningSince, after: hasNewAddress ? nil : service.currentState.tokens)
    service.replaceState { _ in
      ServingState(
        accessGuard: AccessGuard(policy: plan.policy), tokens: tokens, rules: plan.rules,
        audit: plan.configuration.audit, directory: directory, effective: plan.effective)
    }
    followDesktop()
    broker.configure(CacheSettings(configuration))
    broker.setWarm(directory.warmKeys)
    for snapshot in broker.snapshot() where !directory.serves(snapshot.key) { broker.release(snapshot.key) }
    server.configure(configuration.limits)
    replaceListeners(with: plan.listeners)
    follow()
  }

  private func replaceListeners(with others: Listeners) {
    let former = listeners
    listeners = others
    service.pages.listen(at: others.main.map(\.socket.boundAddress))
    for listener in others.main where !former.main.contains(listener) {
      server.serve(listener.socket, handler: service)
    }
    for listener in others.admin where !former.admin.contains(listener) {
      server.serve(listener.socket, handler: admin, exemptFromCap: true)
    }
    for listener in former.main + former.admin where !(others.main + others.admin).contains(listener) {
      server.stop(listener.socket)
    }
  }
}
