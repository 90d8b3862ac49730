internal import System

/// What the event loop has found out about a socket.
enum ReadinessEvent {
  /// `isEnding` says that the client will send no more, or is gone: reading then shows the end or the error.
  case readable(isEnding: Bool)
  case writable
}

/// The owner of a socket, which the event loop tells when the socket can be read or written.
protocol ReadinessHandler: AnyObject {
  func handle(_ event: ReadinessEvent, on worker: isolated Worker)
}

/// One socket's place in an event loop: what is waited for, and the handler to tell.
struct Readiness {
  let socket: Socket
  private let loop: EventLoop
  let token: EventLoop.Token
  private var wanted: EventLoop.Interest = []

  /// Waits for nothing yet.
  ///
  /// The loop keeps `handler` until `cancel`.
  init(_ socket: Socket, on loop: EventLoop, handler: any ReadinessHandler) {
    self.socket = socket
    self.loop = loop
    token = loop.add(handler)
  }

  /// Waits for exactly `interest` from now on.
  ///
  /// Does nothing where that is so already.
  mutating func wait(for interest: EventLoop.Interest) throws(SystemError) {
    guard interest != wanted else { return }
    try loop.change(socket, token, from: wanted, to: interest)
    wanted = interest
  }

  /// Has the loop report again what is still to be read.
  func waitAgain() throws(SystemError) {
    try loop.change(socket, token, from: wanted, to: wanted)
  }

  /// Stops to wait, and closes the socket.
  consuming func cancel() {
    loop.remove(token)
    socket.close()
  }
}
