package import Secrets

/// A connection that carries bytes in both directions: TCP, TLS or a unix socket.
///
/// Its methods may be called from any thread, and never wait.
package final class ByteStream: Sendable {
  /// What its owner hears of it, in order, on the loop's thread: it must be quick there.
  package enum Event: Sendable {
    /// The connection stands.
    case connected
    /// Bytes came; at least one.
    case received(Secret)
    /// The connection could not be made, or has ended; nothing follows.
    case closed(TransportError)
  }

  private let link: CurlStream
  private let loop: CurlLoop

  init(link: CurlStream, loop: CurlLoop) {
    self.link = link
    self.loop = loop
  }

  deinit {
    close()
  }

  /// Sends bytes behind those given before; they wait until the connection stands.
  package func send(_ bytes: Secret) {
    link.enqueue(bytes)
    loop.wake()
  }

  /// Ends the connection; its owner hears nothing more of it, apart from what is being told already.
  package func close() {
    link.giveUp()
    loop.wake()
  }
}
