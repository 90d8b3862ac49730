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
  private let workers: [Worker]
  private let counts: Counts
  private let memory: StrangersMemory
  private let state: Mutex<State>

  private struct State {
    var limits: Limits
    var nextWorker = 0
    var isShuttingDown = false
  }

  /// One count for each cap, so that no kind of client takes another's places.
  private struct Counts {
    let tcp: ConnectionCount
    let unix: ConnectionCount
    /// The connections of exempt listeners.
    let exempt: ConnectionCount

    var all: [ConnectionCount] { [tcp, unix, exempt] }

    init(_ limits: Limits) {
      func count(cap: Int) -> ConnectionCount {
        ConnectionCount(cap: cap, userCap: limits.connectionsPerUser, exemptUsers: [geteuid(), 0])
      }
      tcp = count(cap: limits.connections)
      unix = count(cap: limits.connections)
      exempt = count(cap: limits.exemptConnections)
    }

    func configure(_ limits: Limits) {
      tcp.setCap(limits.connections, userCap: limits.connectionsPerUser)
      unix.setCap(limits.connections, userCap: limits.connectionsPerUser)
      exempt.setCap(limits.exemptConnections, userCap: limits.connectionsPerUser)
    }
  }

  /// Throws when the process is out of file descriptors.
  package init(limits: Limits = Limits(), logger: Logger) throws(SystemError) {
    state = Mutex(State(limits: limits))
    self.logger = logger
    counts = Counts(limits)
    memory = StrangersMemory(limit: limits.strangersMemory)
    var workers: [Worker] = []
    for _ in 0..<Self.workerCount { workers.append(try Worker()) }
    self.workers = workers
    for (number, worker) in workers.enumerated() { worker.start(name: "http.worker.\(number)") }
  }

  /// One thread answers some hundred thousand requests a second, and each costs memory.
  private static let workerCount = max(1, min(4, sysconf(Int32(_SC_NPROCESSORS_ONLN)) / 2))

  /// The number of connections open now, including those that are being refused.
  package var openConnections: Int { counts.all.reduce(0) { $0 + $1.open } }

  /// The number of connections that the cap has refused so far.
  package var rejectedConnections: Int { counts.all.reduce(0) { $0 + $1.rejectedTotal } }

  /// The number of bytes that hold parts of requests of clients that are not known to be admitted.
  package var strangersByteCount: Int { memory.total }

  /// Starts to accept connections from `socket`, which the server closes on shutdown.
  ///
  /// `handler` answers their requests. A listener that is `exemptFromCap` has a cap of its own, and still answers when the
  /// connections of the others have reached `Limits.connections`.
  package func serve(
    _ socket: ListeningSocket, handler: any RequestHandler, exemptFromCap: Bool = false
  ) {
    let isUnix = if case .unix = socket.boundAddress { true } else { false }
    let count = exemptFromCap ? counts.exempt : isUnix ? counts.unix : counts.tcp
    let isLate = state.withLock { [logger] state in
      guard !state.isShuttingDown else { return true }
      // Handed over under the lock, so that a shutdown comes after it.
      workers[0].async { [weak self] worker in
        worker.listen(
          Listener(socket, logger: logger) { [weak self] accepted, peer, worker in
            self?.admit(accepted, at: peer, handler: handler, count: count, on: worker)
          })
      }
      return false
    }
    if isLate { socket.close() }
  }

  /// Accepts no more connections from `socket`, and closes it; connections that were accepted stay.
  package func stop(_ socket: ListeningSocket) {
    workers[0].async { $0.stopListening(on: socket) }
  }

  /// Applies `limits` to later connections; the caps count the open ones too.
  package func configure(_ limits: Limits) {
    state.withLock { $0.limits = limits }
    counts.configure(limits)
    memory.setLimit(limits.strangersMemory)
  }

  /// Returns once every worker has done all that it was given before, which proves that none is stuck.
  ///
  /// Never returns after `shutdown`.
  package func ping() async {
    for worker in workers { await worker.pause() }
  }

  /// Ends service: accepts no more, closes idle connections at once and the others after the request under way.
  ///
  /// Connections that are left after `grace` are closed. Returns when none is left. A second call waits for the first.
  package func shutdown(grace: Duration) async {
    let isFirst = state.withLock { state in
      defer { state.isShuttingDown = true }
      return !state.isShuttingDown
    }
    if isFirst { await drain(grace: grace) }
    for count in counts.all { await count.waitUntilEmpty() }
    guard isFirst else { return }
    for worker in workers { worker.executor.stop() }
  }

  private func drain(grace: Duration) async {
    await workers[0].stopListening()
    for worker in workers { worker.async { $0.drain() } }
    let deadline = DispatchTime.now() + .milliseconds(Int(grace / .milliseconds(1)))
    DispatchQueue(label: "http.shutdown").asyncAfter(deadline: deadline) { [workers] in
      for worker in workers { worker.async { $0.closeAll() } }
    }
  }

  /// Gives an accepted connection to one of the workers.
  ///
  /// Called by the first of them, `accepting`.
  private func admit(
    _ socket: Socket, at address: SocketAddress, handler: any RequestHandler, count: ConnectionCount,
    on accepting: isolated Worker
  ) {
    guard let client = try? Client(of: socket, at: address) else { return }
    let admission = count.add(client)
    guard admission != .dropped else { return }
    let (worker, limits) = state.withLock { state in
      state.nextWorker = (state.nextWorker + 1) % workers.count
      return (workers[state.nextWorker], state.limits)
    }
    let refusal: Refusal? = admission == .refused ? .busy : nil
    guard worker !== accepting else {
      let connection = Connection(socket, of: client, handler: handler, limits: limits, memory: memory, count: count)
      return connection.start(refusing: refusal, on: accepting)
    }
    worker.async { [memory] worker in
      let connection = Connection(socket, of: client, handler: handler, limits: limits, memory: memory, count: count)
      connection.start(refusing: refusal, on: worker)
    }
  }
}
