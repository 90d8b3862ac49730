internal import Dispatch

/// A serial queue with the connections that live on it, and what they share because only one of them runs at a time.
///
/// `@unchecked Sendable`: all state is touched on `queue` only.
@safe final class Lane: @unchecked Sendable {
  let queue: DispatchQueue
  var encoder = ResponseEncoder()

  private static let inputSize = 16 * 1024
  private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: inputSize, alignment: 16)
  private var connections: [Connection] = []
  private var ticker: Ticker?

  /// The queue's target is the global queue that has one thread a core; a queue without a target gets threads of its own.
  init(number: Int, tickMilliseconds: Int) {
    queue = DispatchQueue(label: "fedbroker.lane.\(number)", target: .global())
    ticker = Ticker(milliseconds: tickMilliseconds, on: queue) { [weak self] in self?.tick() }
  }

  deinit {
    unsafe input.deallocate()
  }

  /// Reads from `socket` and lends the bytes to `body`, none at the end of the stream.
  ///
  /// Returns whether there may be more to read at once.
  func withInput(of socket: Socket, _ body: (Span<UInt8>) -> Void) throws(SystemError) -> Bool {
    guard let count = try unsafe socket.read(into: input) else { return false }
    unsafe body(Span(_unsafeBytes: UnsafeRawBufferPointer(input)[..<count]))
    return count == Self.inputSize
  }

  func add(_ connection: Connection) {
    connection.position = connections.count
    connections.append(connection)
    ticker?.start()
  }

  func remove(_ connection: Connection) {
    guard let last = connections.popLast() else { return }
    if last !== connection {
      connections[connection.position] = last
      last.position = connection.position
    }
    if connections.isEmpty {
      connections = []
      ticker?.stop()
    }
  }

  /// Runs `body` for each connection, any of which may close during it.
  func forEachConnection(_ body: (Connection) -> Void) {
    // Backwards, because closing one moves the last into its place.
    for position in connections.indices.reversed() { body(connections[position]) }
  }

  private func tick() {
    let now = CoarseClock.monotonicMilliseconds
    forEachConnection { $0.tick(at: now) }
  }
}
