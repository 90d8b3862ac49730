internal import Clocks
internal import System

/// Notifies the service manager regularly, so that it restarts a daemon that hangs.
enum Watchdog {
  /// Starts to notify; returns `nil` where no watchdog is configured.
  ///
  /// - Parameter proveLife: Returns once every worker has answered; if one hangs, nothing is notified.
  static func start(
    _ manager: ServiceManager, clock: SystemClock, proveLife: @escaping @Sendable () async -> Void
  ) -> Task<Void, Never>? {
    guard let interval = manager.watchdogInterval else { return nil }
    return Task(executorPreference: TaskPool.shared) {
      while !Task.isCancelled {
        await proveLife()
        manager.alive()
        // Half of the time allowed, as sd_watchdog_enabled(3) recommends.
        try? await clock.pause((interval / 2).milliseconds)
      }
    }
  }
}
