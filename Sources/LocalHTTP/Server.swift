internal import CLinux
internal import Dispatch
internal import Glibc
package import Logging
internal import Synchronization
package import System

/// Serves HTTP/1.1 on any number of listening sockets until `shutdown`.
///
/// Safe to use from any thread.
package final class Server: Sendable {
  private let logger: Logger
  private let lanes: [Lane]
  private let count: ConnectionCount
  /// Those of listeners that the cap of the others must not silence.
  ///
  /// They have one of their own, of the same height.
  private let exemptCount: ConnectionCount
  private let state: Mutex<State>

  private struct State {
    var limits: Limits
    var listeners: [Listener] = []
    var nextLane = 0
    var isShuttingDown = false
  }

  /// Throws when the process is out of file descriptors.
  package init(limits: Limits = Limits(), logger: Logger) throws(SystemError) {
    state = Mutex(State(limits: limits))
    self.logger = logger
    count = ConnectionCount(cap: limits.connections)
    exemptCount = ConnectionCount(cap: limits.connections)
    let tick = limits.tickTime
    var lanes: [Lane] = []
    for _ in 0..<Self.laneCount { lanes.append(try Lane(tickMilliseconds: tick)) }
    self.lanes = lanes
    for (number, lane) in lanes.enumerated() { lane.loop.start(name: "fedbroker.lane.\(number)") }
  }

  /// A hit takes a few microseconds, so that a thread serves more than a machine asks; more of them are more memory.
  private static let laneCount = max(1, min(4, sysconf(Int32(_SC_NPROCESSORS_ONLN)) / 2))

  /// Connections open now, those that are being refused included.
  package var openConnections: Int { count.open + exemptCount.open }

  /// Connections that the cap has turned away so far.
  package var rejectedConnections: Int { count.rejectedTotal + exemptCount.rejectedTotal }

  /// Starts to accept connections from `socket`, which the server closes on shutdown.
  ///
  /// `handler` answers their requests. A listener that is `exemptFromCap` still answers when the others'
  /// connections have reached `Limits.connections`.
  package func serve(
    _ socket: ListeningSocket, handler: any RequestHandler, exemptFromCap: Bool = false
  ) {
    let count = exemptFromCap ? exemptCount : count
    let isUnix = if case .unix = socket.boundAddress { true } else { false }
    let listener = Listener(socket, on: lanes[0].loop, logger: logger) { [weak self] accepted in
      self?.admit(accepted, isUnix: isUnix, handler: handler, count: count)
    }
    let isLate = state.withLock { state in
      if !state.isShuttingDown { state.listeners.append(listener) }
      return state.isShuttingDown
    }
    guard !isLate else { return socket.close() }
    lanes[0].loop.async { listener.start() }
  }

  /// Accepts no more connections from `socket`, and closes it; those that were accepted stay.
  package func stop(_ socket: ListeningSocket) {
    let listeners = state.withLock { state in
      let listeners = state.listeners.filter { $0.isOn(socket) }
      state.listeners.removeAll { $0.isOn(socket) }
      return listeners
    }
    lanes[0].loop.async { for listener in listeners { listener.stop() } }
  }

  /// Puts other limits in force for the connections to come; the cap counts those that are open too.
  package func configure(_ limits: Limits) {
    state.withLock { $0.limits = limits }
    count.setCap(limits.connections)
    exemptCount.setCap(limits.connections)
    let tick = limits.tickTime
    for lane in lanes { lane.loop.async { lane.loop.setTickTime(tick) } }
  }

  /// Returns when every event loop has done what it was given before: a proof that they live.
  ///
  /// After `shutdown` it never does.
  package func ping() async {
    for lane in lanes {
      await withCheckedContinuation { continuation in lane.loop.async { continuation.resume() } }
    }
  }

  /// Ends service: accepts no more, closes idle connections at once and the others after the request under way.
  ///
  /// What is left after `grace` is dropped. Returns when no connection is left. A second call waits for the first.
  package func shutdown(grace: Duration) async {
    let listeners = state.withLock { state in
      defer { state = State(limits: state.limits, isShuttingDown: true) }
      return state.isShuttingDown ? nil : state.listeners
    }
    if let listeners { await stop(listeners, grace: grace) }
    await count.waitUntilEmpty()
    await exemptCount.waitUntilEmpty()
    guard listeners != nil else { return }
    for lane in lanes { lane.loop.stop() }
  }

  private func stop(_ listeners: [Listener], grace: Duration) async {
    await withCheckedContinuation { stopped in
      lanes[0].loop.async {
        for listener in listeners { listener.stop() }
        stopped.resume()
      }
    }
    for lane in lanes { lane.loop.async { lane.forEachConnection { $0.drain() } } }
    let deadline = DispatchTime.now() + .milliseconds(Int(grace / .milliseconds(1)))
    DispatchQueue.global().asyncAfter(deadline: deadline) { [lanes] in
      for lane in lanes { lane.loop.async { lane.forEachConnection { $0.close() } } }
    }
  }

  /// Runs on the first lane's loop.
  private func admit(_ socket: Socket, isUnix: Bool, handler: any RequestHandler, count: ConnectionCount) {
    let admission = count.add()
    guard admission != .dropped, let client = try? Client(of: socket, isUnix: isUnix) else {
      return count.remove(admission)
    }
    let (lane, limits) = state.withLock { state in
      state.nextLane = (state.nextLane + 1) % lanes.count
      return (lanes[state.nextLane], state.limits)
    }
    let connection = Connection(socket, of: client, on: lane, handler: handler, limits: limits) {
      count.remove(admission)
    }
    lane.loop.async { connection.start(refusing: admission == .refused ? .busy : nil) }
  }
}

extension Limits {
  /// How often deadlines are looked at: often enough to be late by a tenth at most, and not more than once a second.
  fileprivate var tickTime: Int {
    let shortest = min(headerTime, bodyTime, bodyStallTime, idleTime, writeStallTime, lingerTime)
    return max(5, min(shortest / 10, 1000))
  }
}

extension Client {
  fileprivate convenience init(of socket: Socket, isUnix: Bool) throws(SystemError) {
    if isUnix {
      let peer = try socket.peerCredentials()
      let gids = try [peer.gid] + socket.peerGroups()
      self.init(transport: .unix(uid: peer.uid, gids: gids), address: "unix")
    } else {
      let address = try SocketAddress(ofPeerOf: socket)
      self.init(transport: .tcp, address: address.listenAddress?.description ?? "")
    }
  }
}
