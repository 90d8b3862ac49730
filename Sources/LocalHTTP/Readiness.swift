internal import System

/// What a socket's owner does when the socket can be read or written.
///
/// Called on the event loop.
protocol ReadinessHandler: AnyObject, Sendable {
  /// `isEnding` says that the client will send no more, or is gone: reading then shows the end or the error.
  func readable(isEnding: Bool)
  func writable()
}

/// One socket's place in an event loop: what is waited for, and the handler to tell.
///
/// Used on that loop only.
struct Readiness {
  let socket: Socket
  private let loop: EventLoop
  private let token: EventLoop.Token
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
  /// Does nothing, and costs nothing, where that is so already.
  mutating func wait(for interest: EventLoop.Interest) throws(SystemError) {
    guard interest != wanted else { return }
    try loop.change(socket, token, from: wanted, to: interest)
    wanted = interest
  }

  /// Has what is still to be read reported anew.
  func waitAgain() throws(SystemError) {
    try loop.change(socket, token, from: wanted, to: wanted)
  }

  /// Waits no more and closes the socket.
  consuming func cancel() {
    loop.remove(token)
    socket.close()
  }
}
