internal import System

/// An event loop with the connections that live on it, and what they share because only one of them runs at a time.
///
/// `@unchecked Sendable`: after `init`, all state but `loop` is touched on the loop's thread only.
@safe final class Lane: @unchecked Sendable {
  let loop: EventLoop
  var encoder = ResponseEncoder()

  static let inputSize = 16 * 1024
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: inputSize, alignment: 16)
  private var connections: [Connection] = []

  init(tickMilliseconds: Int) throws(SystemError) {
    loop = try EventLoop(tickMilliseconds: tickMilliseconds)
  }

  deinit {
    unsafe input.deallocate()
  }

  /// Reads from `socket` and lends the bytes to `body`, none at the end of the stream.
  ///
  /// Returns how many there were, at most `inputSize`; `nil` when nothing has arrived.
  func withInput(of socket: Socket, _ body: (Span<UInt8>) -> Void) throws(SystemError) -> Int? {
    guard let count = try unsafe socket.read(into: input) else { return nil }
    unsafe body(Span(_unsafeBytes: UnsafeRawBufferPointer(input)[..<count]))
    return count
  }

  func add(_ connection: Connection) {
    connection.position = connections.count
    connections.append(connection)
    if connections.count == 1 { loop.setTick { [unowned self] in tick() } }
  }

  func remove(_ connection: Connection) {
    guard let last = connections.popLast() else { return }
    if last !== connection {
      connections[connection.position] = last
      last.position = connection.position
    }
    if connections.isEmpty {
      connections = []
      loop.setTick(nil)
    }
  }

  /// Runs `body` for each connection, which it may close.
  func forEachConnection(_ body: (Connection) -> Void) {
    // Backwards, because closing one moves the last into its place.
    for position in connections.indices.reversed() { body(connections[position]) }
  }

  private func tick() {
    forEachConnection { $0.tick(at: loop.now) }
  }
}
