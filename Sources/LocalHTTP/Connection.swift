internal import Clocks
internal import Secrets

/// Does what `ConnectionState` decides, for one client.
///
/// `@unchecked Sendable`: after `init`, all state is touched on the lane's loop only.
final class Connection: ReadinessHandler, @unchecked Sendable {
  /// Where the lane keeps this connection.
  var position = 0

  private let lane: Lane
  private let client: Client
  private let handler: any RequestHandler
  private let whenClosed: @Sendable () -> Void
  private let socket: Socket
  private var state: ConnectionState
  private var readiness: Readiness?
  /// Whether the next thing to happen is the arrival of bytes.
  private var awaitsInput = false
  /// What the client has not taken yet.
  private var unsent: UnsentOutput?

  /// How often one connection may read before others get their turn.
  private static let readsPerTurn = 8

  init(
    _ socket: Socket, of client: Client, on lane: Lane, handler: any RequestHandler, limits: Limits,
    whenClosed: @escaping @Sendable () -> Void
  ) {
    self.socket = socket
    self.client = client
    self.lane = lane
    self.handler = handler
    self.whenClosed = whenClosed
    state = ConnectionState(limits: limits, at: KernelClock.coarseMonotonicMilliseconds)
  }

  /// Begins; with a refusal, the client gets that and nothing else.
  func start(refusing refusal: Refusal? = nil) {
    readiness = Readiness(socket, on: lane.loop, handler: self)
    lane.add(self)
    perform(refusal.map { state.refuse($0) } ?? .read)
  }

  func tick(at now: Int) {
    if let action = state.tick(at: now) { perform(action) }
  }

  func drain() {
    guard state.drain() != nil else { return }
    // Idle, unless a request has arrived at which nobody has looked yet.
    readable(isEnding: false)
    if let action = state.drain() { perform(action) }
  }

  /// Drops the client whatever is under way.
  func close() {
    guard let readiness = readiness.take() else { return }
    awaitsInput = false
    unsent = nil
    readiness.cancel()
    lane.remove(self)
    whenClosed()
  }

  func readable(isEnding: Bool) {
    // Reported all the same while nothing is to be read: the client is gone.
    guard awaitsInput else { return close() }
    do {
      for _ in 0..<Self.readsPerTurn {
        let count = try lane.withInput(of: socket) { bytes in
          perform(bytes.isEmpty ? state.receivedEnd() : state.received(bytes, at: lane.loop.now))
        }
        guard awaitsInput, let count, count == Lane.inputSize || isEnding else { return }
      }
      try readiness?.waitAgain()
    } catch {
      close()
    }
  }

  private func perform(_ first: ConnectionState.Action) {
    var next: ConnectionState.Action? = first
    // Each action is gone before the next is asked for: the parser uses a request's memory again only then.
    while let action = next.take() {
      next =
        switch consume action {
        case .read:
          wait(for: .read)
        case .answer(let request):
          ask(request)
        case .refuse(let refusal):
          send(handler.refuse(refusal, from: client))
        case .sendInterim:
          send(ResponseEncoder.interim[...], nil)
        case .linger:
          linger()
        case .close:
          end()
        }
    }
  }

  private func linger() -> ConnectionState.Action? {
    socket.shutdownWriting()
    return .read
  }

  private func end() -> ConnectionState.Action? {
    close()
    return nil
  }

  private func ask(_ request: Request) -> ConnectionState.Action? {
    switch handler.answer(request, from: client) {
    case .now(let response):
      return send(response)
    case .later(let work):
      Task {
        let response = await work()
        lane.loop.async { self.answered(response) }
      }
      return wait(for: [])
    case .abort:
      return .close
    }
  }

  private func answered(_ response: Response) {
    guard readiness != nil, let action = send(response) else { return }
    perform(action)
  }

  private func send(_ response: Response) -> ConnectionState.Action? {
    let framing = state.answered(at: lane.loop.now)
    let content = lane.encoder.encode(response, framing, second: KernelClock.coarseWallSeconds)
    return send(lane.encoder.head[...], content)
  }

  /// Sends what can be sent at once and keeps the rest.
  private func send(_ head: ArraySlice<UInt8>, _ content: Secret?) -> ConnectionState.Action? {
    continueSending(UnsentOutput(head: head, content: content))
  }

  private func continueSending(_ unsent: consuming UnsentOutput) -> ConnectionState.Action? {
    var output = unsent
    do {
      while let count = try output.send(to: socket) {
        guard count < output.count else { return state.written(at: lane.loop.now) }
        output.drop(count)
        state.wrote(at: lane.loop.now)
      }
    } catch {
      return .close
    }
    self.unsent = output
    return wait(for: .write)
  }

  /// Waits for what the action before asks for.
  private func wait(for interest: EventLoop.Interest) -> ConnectionState.Action? {
    awaitsInput = interest == .read
    do {
      try readiness?.wait(for: interest)
      return nil
    } catch {
      return .close
    }
  }

  func writable() {
    guard let output = unsent.take(), let action = continueSending(output) else { return }
    perform(action)
  }
}
