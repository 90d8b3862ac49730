internal import Clocks
internal import Secrets
internal import System

/// Does what `ConnectionState` decides, for one client.
///
/// Belongs to one `Worker`, which each method is given as the proof that it runs on the worker's thread.
final class Connection: ReadinessHandler {
  /// Where the worker keeps this connection.
  var position = 0

  private let client: Client
  private let handler: any RequestHandler
  private let memory: StrangersMemory
  private let count: ConnectionCount
  private let socket: Socket
  /// Whether the client was over the cap.
  private var isRefused = false
  // Of the properties of a hit two accesses cannot overlap, which Swift would check at run time at each of them, for a
  // seventh of a hit's instructions: only the worker's thread has them, and a `ConnectionState` calls nobody.
  @safe @exclusivity(unchecked) private var state: ConnectionState
  @safe @exclusivity(unchecked) private var readiness: Readiness?
  /// Whether the next thing to happen is the arrival of bytes.
  @safe @exclusivity(unchecked) private var awaitsInput = false
  /// The task of an answer that ends when the client goes away.
  private var lasting: Task<Void, Never>?
  /// What the client has not taken yet.
  private var unsent: UnsentOutput?
  /// Whether the whole response is sent, and the requests behind it have to wait for the next turn.
  private var isYielding = false
  @safe @exclusivity(unchecked) private var answersThisTurn = 0
  /// What was counted as this client's in `memory`.
  @safe @exclusivity(unchecked) private var heldBytes = 0
  private var heldNumber: StrangersMemory.Number?

  /// How often one connection may read before others get their turn.
  private static let readsPerTurn = 8
  /// How many pipelined requests are answered before others get their turn.
  private static let answersPerTurn = 8

  init(
    _ socket: Socket, of client: Client, handler: any RequestHandler, limits: Limits, memory: StrangersMemory,
    count: ConnectionCount
  ) {
    self.socket = socket
    self.client = client
    self.handler = handler
    self.memory = memory
    self.count = count
    state = ConnectionState(
      limits: limits, needsAdmission: client.transport == .tcp, at: KernelClock.coarseMonotonicMilliseconds)
  }

  /// Begins; with a refusal, the client gets that and nothing else.
  func start(refusing refusal: Refusal? = nil, on worker: isolated Worker) {
    isRefused = refusal != nil
    readiness = Readiness(socket, on: worker.loop, handler: self)
    worker.add(self)
    perform(refusal.map { state.refuse($0) } ?? .read(latestTick: latestTick), on: worker)
  }

  /// When the next tick is due at the latest, in milliseconds.
  var latestTick: Int { state.latestTick }

  func tick(at now: Int, on worker: isolated Worker) {
    if let action = state.tick(at: now) { perform(action, on: worker) }
  }

  /// Ends the connection: now where it is idle, else after the request under way or the first one.
  func drain(on worker: isolated Worker) {
    guard let action = state.drain(at: worker.loop.now) else { return }
    guard case .close = action else { return perform(action, on: worker) }
    // Idle, unless a request has arrived that is not read yet.
    readable(isEnding: false, on: worker)
    if let action = state.drain(at: worker.loop.now) { perform(action, on: worker) }
  }

  /// Closes the connection whatever is under way.
  func close(on worker: isolated Worker) {
    guard let readiness = readiness.take() else { return }
    awaitsInput = false
    unsent = nil
    if heldBytes > 0 { _ = memory.hold(0, as: heldNumber) { _ in } }
    client.disconnected()
    lasting?.cancel()
    lasting = nil
    readiness.cancel()
    worker.remove(self)
    count.remove(isRefused ? .refused : .accepted, client)
  }

  /// Makes room for others: refuses the request counted under `number`, unless it has been answered meanwhile.
  func evict(_ number: StrangersMemory.Number, on worker: isolated Worker) {
    guard number == heldNumber else { return }
    (heldNumber, heldBytes) = (nil, 0)
    awaitsInput = false
    if let action = state.evict() { perform(action, on: worker) }
  }

  func handle(_ event: ReadinessEvent, on worker: isolated Worker) {
    answersThisTurn = 0
    switch event {
    case .readable(let isEnding): readable(isEnding: isEnding, on: worker)
    case .writable: writable(on: worker)
    }
  }

  private func readable(isEnding: Bool, on worker: isolated Worker) {
    // Reported although nothing is to be read: the client is gone.
    guard awaitsInput else { return close(on: worker) }
    do {
      for _ in 0..<Self.readsPerTurn {
        let count = try worker.input.read(from: socket) { bytes in
          perform(bytes.isEmpty ? state.receivedEnd() : state.received(bytes, at: worker.loop.now), on: worker)
        }
        guard awaitsInput, let count, count == InputBuffer.size || isEnding else { return }
      }
      try readiness?.waitAgain()
    } catch {
      close(on: worker)
    }
  }

  private func perform(_ first: ConnectionState.Action, on worker: isolated Worker) {
    var next: ConnectionState.Action? = first
    // Each action is released before the next is asked for: only then can the parser use a request's memory again.
    while let action = next.take() {
      next =
        switch consume action {
        case .read(let latestTick):
          read(latestTick: latestTick, on: worker)
        case .rest(let latestTick):
          rest(latestTick: latestTick, on: worker)
        case .admit(let request):
          admit(request, on: worker)
        case .answer(let request):
          ask(request, on: worker)
        case .send(let response):
          send(response, on: worker)
        case .refuse(let refusal):
          send(handler.refuse(refusal, from: client), on: worker)
        case .sendInterim:
          continueSending(UnsentOutput(head: ResponseEncoder.interim[...], content: nil), on: worker)
        case .linger:
          linger(on: worker)
        case .close:
          end(on: worker)
        }
    }
  }

  private func linger(on worker: isolated Worker) -> ConnectionState.Action? {
    socket.shutdownWriting()
    return .read(latestTick: latestTick)
  }

  private func end(on worker: isolated Worker) -> ConnectionState.Action? {
    close(on: worker)
    return nil
  }

  private func admit(_ request: Request, on worker: isolated Worker) -> ConnectionState.Action? {
    switch handler.admit(request, from: client) {
    case .granted(let use): state.grant(use, at: worker.loop.now)
    case .refused(let response): state.refuse(with: response, at: worker.loop.now)
    }
  }

  private func ask(_ request: Request, on worker: isolated Worker) -> ConnectionState.Action? {
    switch handler.answer(request, from: client) {
    case .now(let response):
      state.admitted()
      return send(response, on: worker)
    case .refused(let response):
      return send(response, on: worker)
    case .later(let work):
      state.admitted()
      _ = start(work, on: worker)
      return wait(for: [], on: worker)
    case .lasting(let work):
      state.admitted()
      lasting = start(work, on: worker)
      return wait(for: .end, on: worker)
    case .abort:
      return .close
    }
  }

  private func start(
    _ work: @escaping @Sendable () async -> Response, on worker: isolated Worker
  ) -> Task<Void, Never>? {
    guard let token = readiness?.token else { return nil }
    return Task(executorPreference: TaskPool.shared) {
      let response = await work()
      worker.async { $0.answer(token, with: response) }
    }
  }

  /// Sends the response that `.later` or `.lasting` work has made.
  func answered(_ response: Response, on worker: isolated Worker) {
    lasting = nil
    if let action = send(response, on: worker) { perform(action, on: worker) }
  }

  private func send(_ response: Response, on worker: isolated Worker) -> ConnectionState.Action? {
    let framing = state.answered(at: worker.loop.now)
    let content = worker.encoder.encode(response, framing, second: KernelClock.coarseWallSeconds)
    return continueSending(UnsentOutput(head: worker.encoder.head[...], content: content), on: worker)
  }

  /// Sends what can be sent at once and keeps the rest.
  private func continueSending(
    _ unsent: consuming UnsentOutput, on worker: isolated Worker
  ) -> ConnectionState.Action? {
    var output = unsent
    do {
      while let count = try output.send(to: socket) {
        guard count < output.count else { return sent(on: worker) }
        output.drop(count)
        state.wrote(at: worker.loop.now)
      }
    } catch {
      return .close
    }
    self.unsent = output
    return write(on: worker)
  }

  private func sent(on worker: isolated Worker) -> ConnectionState.Action? {
    answersThisTurn += 1
    guard state.hasPending, answersThisTurn >= Self.answersPerTurn else { return state.written(at: worker.loop.now) }
    isYielding = true
    // The socket can be written, which the loop reports in its next turn, also where it was waited for before.
    if let action = write(on: worker) { return action }
    do {
      try readiness?.waitAgain()
      return nil
    } catch {
      return .close
    }
  }

  private func rest(latestTick: Int, on worker: isolated Worker) -> ConnectionState.Action? {
    worker.loop.tick(by: latestTick)
    return wait(for: [], on: worker)
  }

  private func read(latestTick: Int, on worker: isolated Worker) -> ConnectionState.Action? {
    worker.loop.tick(by: latestTick)
    return wait(for: .read, on: worker)
  }

  private func write(on worker: isolated Worker) -> ConnectionState.Action? {
    worker.loop.tick(by: latestTick)
    return wait(for: .write, on: worker)
  }

  private func wait(for interest: EventLoop.Interest, on worker: isolated Worker) -> ConnectionState.Action? {
    awaitsInput = interest == .read
    let byteCount = state.strangersByteCount
    if byteCount != heldBytes { hold(byteCount, on: worker) }
    do {
      try readiness?.wait(for: interest)
      return nil
    } catch {
      return .close
    }
  }

  /// Counts what is kept of this client's requests while it is waited for.
  private func hold(_ byteCount: Int, on worker: isolated Worker) {
    guard let token = readiness?.token else { return }
    heldBytes = byteCount
    heldNumber = memory.hold(byteCount, as: heldNumber) { [worker] number in
      worker.async { $0.evict(token, number) }
    }
  }

  private func writable(on worker: isolated Worker) {
    if isYielding {
      isYielding = false
      perform(state.written(at: worker.loop.now), on: worker)
      return
    }
    guard let output = unsent.take(), let action = continueSending(output, on: worker) else { return }
    perform(action, on: worker)
  }
}
