/// Notifies the service manager regularly, so that it restarts a daemon that hangs.
enum Watchdog {
  /// Starts to notify; returns `nil` where no watchdog is configured.
  ///
  /// - Parameter proveLife: Returns once every worker has answered; if one hangs, nothing is notified.
  static func start(
    _ manager: ServiceManager, proveLife: @escaping @Sendable () async -> Void
  ) -> Task<Void, Never>? {
    guard let interval = manager.watchdogInterval else { return nil }
    return Task {
      while !Task.isCancelled {
        await proveLife()
        manager.alive()
        // Half of the time allowed, as sd_watchdog_enabled(3) recommends.
        try? await Task.sleep(for: interval / 2)
      }
    }
  }
}
