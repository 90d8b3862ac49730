internal import Synchronization

/// The thread of libcurl, which all transports and streams that are given it share.
///
/// It starts with the first request or stream, and ends when the last reference goes.
package final class OutboundThread: Sendable {
  /// `nil` before the first use.
  private let started = Mutex<CurlLoop?>(nil)

  package init() {}

  deinit {
    started.withLock { $0 }?.stop()
  }

  func loop() throws(TransportError) -> CurlLoop {
    try started.withLock { (loop) throws(TransportError) in
      if let loop { return loop }
      let new = try CurlLoop()
      loop = new
      return new
    }
  }

  /// Begins to connect to `address`.
  ///
  /// - Parameters:
  ///   - settings: Trust and connect time-out; proxies do not count.
  ///   - observe: Hears of the stream, on the thread: it must be quick there.
  package func connect(
    to address: StreamAddress, _ settings: TransportSettings,
    observe: @escaping @Sendable (ByteStream.Event) -> Void
  ) throws(TransportError) -> ByteStream {
    let loop = try loop()
    let link = CurlStream(address, settings, observe: observe)
    loop.submit(link)
    return ByteStream(link: link, loop: loop)
  }
}
