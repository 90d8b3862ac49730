package import Clocks
package import Outbound
internal import Synchronization
internal import System

/// Keeps a connection that hears the messages of one channel.
///
/// It reconnects by itself, 1 s to 30 s apart with full jitter, and says after each start that messages may have been
/// missed before. Safe to use from any thread.
package final class ChannelListener: Sendable {
  /// What is heard.
  package enum Event: Sendable, Equatable {
    case message(String)
    /// The channel is heard from now on; what was said before may be unheard.
    case begun
  }

  private let connector: Connector
  private let channel: String
  private let observe: @Sendable (Event) -> Void
  private let jitter: @Sendable (Milliseconds) -> Milliseconds
  private let listening = Mutex<Task<Void, Never>?>(nil)
  /// Rings when the connection ends.
  private let alarm: Alarm

  /// How often a connection is asked whether it stands, in milliseconds.
  private static let pingInterval: Milliseconds = 30_000

  package init(
    _ settings: StoreSettings, password: @escaping PasswordSource, channel: String, on thread: OutboundThread,
    clock: any MomentClock, jitter: @escaping @Sendable (Milliseconds) -> Milliseconds,
    observe: @escaping @Sendable (Event) -> Void
  ) {
    connector = Connector(settings: settings, password: password, thread: thread, clock: clock)
    alarm = Alarm(clock: clock)
    self.channel = channel
    self.jitter = jitter
    self.observe = observe
  }

  /// Begins to listen.
  package func start() {
    listening.withLock { listening in
      guard listening == nil else { return }
      listening = Task(executorPreference: TaskPool.shared) { [connector, channel, observe, jitter, alarm] in
        var failures: Milliseconds = 0
        while !Task.isCancelled {
          if await Self.listen(connector, channel, alarm, observe) { failures = 0 }
          failures = min(failures + 1, 5)
          let pause = 100 + jitter(min(30_000, 1_000 << failures))
          if (try? await connector.clock.pause(pause)) == nil { return }
        }
      }
    }
  }

  /// Ends listening.
  package func end() {
    listening.withLock { $0 }?.cancel()
    alarm.ring()
  }

  /// Listens until the connection ends; returns whether it stood.
  private static func listen(
    _ connector: Connector, _ channel: String, _ alarm: Alarm, _ observe: @escaping @Sendable (Event) -> Void
  ) async -> Bool {
    let name = channel
    do throws(StoreError) {
      var endpoints = connector.settings.address.endpoints
      if case .sentinel(let name) = connector.settings.address.topology {
        endpoints = [try await connector.primary(of: name)]
      }
      // Any node of a cluster has the messages of all.
      var connection: Connection?
      for endpoint in endpoints where connection == nil {
        connection = try? await connector.connect(to: endpoint) { event in
          switch event {
          case .message(let channel, let text): if channel == name { observe(.message(text)) }
          case .closed: alarm.ring()
          }
        }
      }
      guard let connection else { return false }
      defer { connection.close() }
      let reply = try await connection.perform(
        [Command("SUBSCRIBE", .text(channel))], within: connector.settings.timeout)
      try Connector.check(reply.first, closing: connection)
      observe(.begun)
      var pingAt = connector.clock.now.boot + pingInterval
      while !connection.isClosed, !Task.isCancelled {
        await alarm.sleep(untilBoot: pingAt)
        guard connector.clock.now.boot >= pingAt else { continue }
        pingAt = connector.clock.now.boot + pingInterval
        _ = try await connection.perform([Command("PING")], within: connector.settings.timeout)
      }
      return true
    } catch {
      return false
    }
  }
}
