package import Clocks
package import Outbound
internal import Synchronization
internal import System

/// Keeps one connection to the server of a store that takes writes, and says at once when there is none.
///
/// Nobody waits for a store that has failed: until a probe beside has found it well, every step throws `.alone`. Probes are
/// made one at a time, 1 s to 30 s apart with full jitter, so that a store that comes back sees few of a fleet at once.
/// Safe to use from any thread.
package final class StoreClient: Sendable {
  private enum Phase: Sendable {
    /// Nothing was asked yet.
    case new
    /// The first connection is being made, or another in place of one that ended; those who ask wait for it.
    case connecting(Task<Connection, any Error>)
    case up(Connection)
    /// The store has failed, and is being probed.
    case down
    case ended
  }

  private struct State: Sendable {
    var phase = Phase.new
    /// Where the last connection went.
    var endpoint: Endpoint?
    /// Where a node of a cluster said that the keys are.
    var redirection: Endpoint?
    var failures = 0
    var probing: Task<Void, Never>?
  }

  private let connector: Connector
  private let probe: Command
  private let jitter: @Sendable (Milliseconds) -> Milliseconds
  private let state = Mutex(State())
  /// Gets `nil` when the store is well, and why it is not.
  private let report: @Sendable (StoreError?) -> Void

  private static let firstPause: Milliseconds = 1_000
  private static let longestPause: Milliseconds = 30_000

  /// - Parameters:
  ///   - probe: A write that shows that the store takes writes.
  ///   - jitter: Draws a number from 0 to the given one.
  ///   - report: Hears when the store fails and when it is well again.
  package init(
    _ settings: StoreSettings, password: @escaping PasswordSource, probe: Command, on thread: OutboundThread,
    clock: any MomentClock, jitter: @escaping @Sendable (Milliseconds) -> Milliseconds,
    report: @escaping @Sendable (StoreError?) -> Void
  ) {
    connector = Connector(settings: settings, password: password, thread: thread, clock: clock)
    self.probe = probe
    self.jitter = jitter
    self.report = report
  }

  /// Whether the store answered when it was last asked.
  package var isUp: Bool {
    state.withLock { state in if case .up = state.phase { true } else { false } }
  }

  /// The server that was connected to last.
  var endpoint: Endpoint? { state.withLock { $0.endpoint } }

  /// Begins to connect, so that the first step need not wait for that.
  package func start() {
    _ = connecting()
  }

  /// Ends all that is under way.
  package func end() {
    let (phase, probing) = state.withLock { state in
      defer { (state.phase, state.probing) = (.ended, nil) }
      return (state.phase, state.probing)
    }
    probing?.cancel()
    switch phase {
    case .connecting(let task): task.cancel()
    case .up(let connection): connection.close()
    case .new, .down, .ended: break
    }
  }

  /// Sends commands and returns their replies, none of which is an error that says that the store does not work.
  ///
  /// Where the server turns out to be another one now, it is looked for once. Throws within twice the time-out.
  package func perform(_ commands: [Command]) async throws(StoreError) -> [Reply] {
    do throws(StoreError) {
      return try await attempt(commands)
    } catch {
      guard case .refused(let code, let message) = error, ["MOVED", "READONLY"].contains(code) else {
        fail(error)
        throw error
      }
      relocate(code == "MOVED" ? message : nil)
    }
    do throws(StoreError) {
      return try await attempt(commands)
    } catch {
      fail(error)
      throw error
    }
  }

  /// Sends commands that may wait by themselves, on a connection of their own: behind them no step of others could be
  /// answered in time.
  ///
  /// - Parameter extraTime: For how long they may wait, in milliseconds.
  package func performApart(_ commands: [Command], extraTime: Milliseconds) async throws(StoreError) -> [Reply] {
    // Finds the server that takes writes.
    _ = try await perform([probe])
    guard let endpoint else { throw .alone }
    let connection = try await connector.connect(to: endpoint)
    defer { connection.close() }
    let replies = try await connection.perform(commands, within: connector.settings.timeout + extraTime)
    for case .error(let text) in replies { throw StoreError(reply: text) }
    return replies
  }

  /// Returns how many replicas the server has, as it says on a new connection.
  package func replicaCount() async throws(StoreError) -> Int64 {
    guard let endpoint else { throw .alone }
    let connection = try await connector.connect(to: endpoint)
    defer { connection.close() }
    let reply = try await connection.perform([Command("WAIT", "0", "1")], within: connector.settings.timeout).first
    try Connector.check(reply, closing: connection)
    guard let count = reply?.number else { throw .malformed("WAIT") }
    return count
  }

  private func attempt(_ commands: [Command]) async throws(StoreError) -> [Reply] {
    let connection = try await connection()
    let replies = try await connection.perform(commands, within: connector.settings.timeout)
    for case .error(let text) in replies where !text.hasPrefix("NOSCRIPT") { throw StoreError(reply: text) }
    return replies
  }

  private func connection() async throws(StoreError) -> Connection {
    guard let task = connecting() else {
      return try state.withLock { (state) throws(StoreError) in
        guard case .up(let connection) = state.phase else { throw .alone }
        return connection
      }
    }
    do { return try await task.value } catch { throw error as? StoreError ?? .cancelled }
  }

  /// The connecting that is under way, begun if need be; `nil` if the store is up or down.
  private func connecting() -> Task<Connection, any Error>? {
    state.withLock { state in
      switch state.phase {
      case .connecting(let task): return task
      case .up(let connection) where !connection.isClosed: return nil
      case .down, .ended: return nil
      case .new, .up:
        let task = Task(executorPreference: TaskPool.shared) { [self] in
          let connection = try await connect()
          adopt(connection)
          return connection
        }
        state.phase = .connecting(task)
        return task
      }
    }
  }

  /// Connects to the server that takes writes.
  private func connect() async throws(StoreError) -> Connection {
    let endpoint: Endpoint
    if let redirection = state.withLock({ $0.redirection }) {
      endpoint = redirection
    } else if case .sentinel(let name) = connector.settings.address.topology {
      endpoint = try await connector.primary(of: name)
    } else {
      return try await connectToAny(connector.settings.address.endpoints)
    }
    return try await connectToAny([endpoint])
  }

  private func connectToAny(_ endpoints: [Endpoint]) async throws(StoreError) -> Connection {
    var last = StoreError.unreachable("there is no address")
    for endpoint in endpoints {
      do throws(StoreError) {
        let connection = try await connector.connect(to: endpoint)
        state.withLock { $0.endpoint = endpoint }
        return connection
      } catch {
        last = error
      }
    }
    throw last
  }

  private func adopt(_ connection: Connection) {
    let isFirst = state.withLock { state in
      guard case .connecting = state.phase else { return false }
      state.phase = .up(connection)
      defer { state.failures = 0 }
      return true
    }
    if isFirst { report(nil) }
  }

  /// Gives the connection up, to find the server that takes writes now.
  private func relocate(_ moved: String?) {
    let former = state.withLock { state -> Connection? in
      // `MOVED 3999 127.0.0.1:6381`
      state.redirection = moved.flatMap { $0.split(separator: " ").last.flatMap { Endpoint(ofServer: $0) } }
      guard case .up(let connection) = state.phase else { return nil }
      state.phase = .new
      return connection
    }
    former?.close()
  }

  /// Notes that the store failed: it is probed until it is well.
  private func fail(_ error: StoreError) {
    guard error != .alone, error != .cancelled else { return }
    let former: Connection?? = state.withLock { state in
      switch state.phase {
      case .down, .ended: return nil
      case .up(let connection):
        beginProbing(&state)
        return .some(connection)
      case .new, .connecting:
        beginProbing(&state)
        return .some(nil)
      }
    }
    guard let former else { return }
    former?.close()
    report(error)
  }

  private func beginProbing(_ state: inout State) {
    state.phase = .down
    state.redirection = nil
    state.probing = Task(executorPreference: TaskPool.shared) { [weak self] in
      while let self, await probeOnce() {}
    }
  }

  /// Waits, and looks whether the store is well; returns whether to go on.
  private func probeOnce() async -> Bool {
    let failures = state.withLock { state in
      state.failures += 1
      return state.failures
    }
    let longest = min(Self.longestPause, Self.firstPause << Milliseconds(min(failures, 6)))
    let pause = Self.firstPause / 2 + jitter(longest - Self.firstPause / 2)
    guard (try? await connector.clock.pause(pause)) != nil else { return false }
    do throws(StoreError) {
      var connection = try await connect()
      var reply = try await connection.perform([probe], within: connector.settings.timeout).first
      if case .error(let text)? = reply, text.hasPrefix("MOVED") {
        connection.close()
        state.withLock { state in
          state.redirection = text.split(separator: " ").last.flatMap { Endpoint(ofServer: $0) }
        }
        connection = try await connect()
        reply = try await connection.perform([probe], within: connector.settings.timeout).first
      }
      try Connector.check(reply, closing: connection)
      let isBack = state.withLock { state in
        guard case .down = state.phase else { return false }
        (state.phase, state.failures, state.probing) = (.up(connection), 0, nil)
        return true
      }
      if isBack { report(nil) } else { connection.close() }
      return false
    } catch {
      state.withLock { $0.redirection = nil }
      return true
    }
  }
}
