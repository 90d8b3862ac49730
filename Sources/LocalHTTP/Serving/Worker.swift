internal import System

/// One thread of a server: an event loop, the listeners and connections that live on it, and the buffers they share.
///
/// Its executor is its own thread, so that the loop calls connections without a check or a hop.
actor Worker {
  nonisolated let executor: WorkerExecutor
  let loop: EventLoop
  /// No two accesses overlap, which Swift would check at run time for each response: an encoder calls nobody.
  @safe @exclusivity(unchecked) var encoder = ResponseEncoder()

  let input = InputBuffer()
  private var connections: [Connection] = []
  private var listeners: [Listener] = []

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

  /// Throws when the process has no file descriptor left.
  init() throws(SystemError) {
    executor = try WorkerExecutor()
    loop = try EventLoop(wakeUp: executor.wakeUp)
  }

  /// Takes a thread; `executor.stop` gives it back.
  nonisolated func start(name: String) {
    executor.start(self, name: name)
  }

  /// Runs `work` on the worker's thread, soon and in order; after the executor's `stop`, never.
  nonisolated func async(_ work: @escaping WorkerExecutor.Work) {
    executor.async(work)
  }

  /// Waits and acts until the executor is stopped.
  ///
  /// For the executor.
  func run() {
    while true {
      let (isWoken, isTickDue) = loop.wait { handler, event in handler.handle(event, on: self) }
      if isTickDue { tick() }
      if !executor.runMailbox(on: self, isWoken: isWoken) { return }
    }
  }

  func add(_ connection: Connection) {
    connection.position = connections.count
    connections.append(connection)
  }

  func remove(_ connection: Connection) {
    guard let last = connections.popLast() else { return }
    if last !== connection {
      connections[connection.position] = last
      last.position = connection.position
    }
    if connections.isEmpty { connections = [] }
  }

  /// Gives `response` to the connection that waits for it under `token`, unless that is closed already.
  func answer(_ token: EventLoop.Token, with response: Response) {
    guard let connection = loop.handler(of: token) as? Connection else { return }
    connection.answered(response, on: self)
  }

  /// Refuses what the connection has sent under `token`, unless that was answered, or the connection closed, meanwhile.
  func evict(_ token: EventLoop.Token, _ number: StrangersMemory.Number) {
    guard let connection = loop.handler(of: token) as? Connection else { return }
    connection.evict(number, on: self)
  }

  /// Ends idle connections now, and the others after the request under way.
  func drain() {
    forEachConnection { $0.drain(on: self) }
  }

  /// Does nothing: a caller that waits for it knows that the worker has done all that came before.
  func pause() {}

  func closeAll() {
    forEachConnection { $0.close(on: self) }
  }

  private func tick() {
    let now = loop.now
    forEachConnection { $0.tick(at: now, on: self) }
    loop.nextTick = connections.reduce(Int.max) { min($0, $1.latestTick) }
  }

  /// Runs `body` for each connection, which it may close.
  private func forEachConnection(_ body: (Connection) -> Void) {
    // Backwards, because closing one moves the last into its place.
    for position in connections.indices.reversed() { body(connections[position]) }
  }
}

extension Worker {
  func listen(_ listener: Listener) {
    listeners.append(listener)
    listener.start(on: self)
  }

  func stopListening(on socket: ListeningSocket) {
    for listener in listeners where listener.isOn(socket) { listener.stop(on: self) }
    listeners.removeAll { $0.isOn(socket) }
  }

  func stopListening() {
    for listener in listeners { listener.stop(on: self) }
    listeners = []
  }

  /// Has listeners that gave the kernel time accept again.
  func resumeListening() {
    for listener in listeners { listener.resume() }
  }
}

/// The memory that a worker's connections read into, one after another.
@safe final class InputBuffer {
  static let size = 16 * 1024
  private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)

  deinit {
    unsafe memory.deallocate()
  }

  /// Reads from `socket` and passes the bytes to `body`; none at the end of the stream.
  ///
  /// Returns the number of bytes, at most `size`; `nil` when nothing has arrived.
  func read(from socket: Socket, _ body: (Span<UInt8>) -> Void) throws(SystemError) -> Int? {
    guard let count = try unsafe socket.read(into: memory) else { return nil }
    // The bearer token may be among them.
    defer { unsafe memory[..<count].wipe() }
    unsafe body(Span(_unsafeBytes: UnsafeRawBufferPointer(memory)[..<count]))
    return count
  }
}
