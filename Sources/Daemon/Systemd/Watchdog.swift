/// Says that the daemon lives for as long as it does, so that the service manager restarts one that hangs.
enum Watchdog {
  /// Begins; `nil` where nobody wants to hear of it.
  ///
  /// `proveLife` returns once everything that serves has answered. What never answers is never vouched for.
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
