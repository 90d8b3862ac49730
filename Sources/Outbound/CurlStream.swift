internal import CCurl
internal import Secrets
internal import Synchronization

/// A connection of libcurl's that carries no HTTP (`CURLOPT_CONNECT_ONLY`).
///
/// `@unchecked Sendable`: `easy`, `socket` and `isOpen` belong to the loop's thread; what other threads leave for it is in
/// `inbox`, behind a lock.
@safe final class CurlStream: @unchecked Sendable {
  private struct Inbox {
    var unsent: [Secret] = []
    /// How many bytes of the first of them are sent.
    var offset = 0
    var isGivenUp = false
  }

  /// Bytes that are received at once.
  private static let pieceSize = 4096

  private let address: StreamAddress
  private let settings: TransportSettings
  private let observe: @Sendable (ByteStream.Event) -> Void
  private let inbox = Mutex(Inbox())
  private var easy: UnsafeMutableRawPointer?
  private var isOpen = false
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

  init(
    _ address: StreamAddress, _ settings: TransportSettings,
    observe: @escaping @Sendable (ByteStream.Event) -> Void
  ) {
    self.address = address
    self.settings = settings
    self.observe = observe
    unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    unsafe errorText.deallocate()
  }

  func enqueue(_ bytes: Secret) {
    inbox.withLock { if !$0.isGivenUp { $0.unsent.append(bytes) } }
  }

  func giveUp() {
    inbox.withLock { inbox in
      inbox.isGivenUp = true
      inbox.unsent = []
    }
  }

  var isGivenUp: Bool { inbox.withLock(\.isGivenUp) }

  // What follows is for the loop's thread.

  /// Makes the easy handle, which stays the stream's own; `nil` when memory is out.
  func prepare() -> UnsafeMutableRawPointer? {
    guard let easy = unsafe curl_easy_init() else { return nil }
    unsafe self.easy = unsafe easy
    let options = unsafe CurlOptions(easy: easy)
    options.set(streamTo: address, settings)
    unsafe options.set(CURLOPT_ERRORBUFFER, errorText)
    return unsafe easy
  }

  /// libcurl is done with connecting; returns whether the stream goes on.
  func connected(_ code: CURLcode) -> Bool {
    guard code == CURLE_OK else { return end(code) }
    isOpen = true
    tell(.connected)
    return true
  }

  /// What the loop shall wait for; `nil` before the connection stands.
  var awaited: curl_waitfd? {
    guard isOpen else { return nil }
    var socket = curl_socket_t()
    guard unsafe fedbroker_getSocket(easy, &socket) == CURLE_OK, socket >= 0 else { return nil }
    let hasUnsent = inbox.withLock { !$0.unsent.isEmpty }
    return curl_waitfd(fd: socket, events: Int16(CURL_WAIT_POLLIN | (hasUnsent ? CURL_WAIT_POLLOUT : 0)), revents: 0)
  }

  /// Sends and receives what can be without waiting; returns whether the stream goes on.
  func transfer() -> Bool {
    guard isOpen else { return true }
    return sendWaiting() && receive()
  }

  private func sendWaiting() -> Bool {
    while let (bytes, offset) = inbox.withLock({ inbox in inbox.unsent.first.map { ($0, inbox.offset) } }) {
      var count = 0
      let code = unsafe bytes.withUnsafeBytes { bytes in
        unsafe curl_easy_send(easy, bytes.baseAddress.map { unsafe $0 + offset }, bytes.count - offset, &count)
      }
      if code == CURLE_AGAIN { return true }
      guard code == CURLE_OK else { return end(code) }
      inbox.withLock { inbox in
        guard !inbox.unsent.isEmpty else { return }
        inbox.offset += count
        if inbox.offset >= bytes.count {
          inbox.unsent.removeFirst()
          inbox.offset = 0
        }
      }
    }
    return true
  }

  private func receive() -> Bool {
    while !isGivenUp {
      var count = 0
      var code = CURLE_OK
      let piece = Secret(capacity: Self.pieceSize) { builder in
        unsafe builder.append(capacity: Self.pieceSize) { room in
          code = unsafe curl_easy_recv(easy, room.baseAddress, room.count, &count)
          return code == CURLE_OK ? count : 0
        }
      }
      if code == CURLE_AGAIN { return true }
      guard code == CURLE_OK else { return end(code) }
      guard count > 0 else {
        return end(TransportError(.interrupted, "\(address) closed the connection"))
      }
      tell(.received(piece))
    }
    return false
  }

  private func end(_ code: CURLcode) -> Bool {
    let caBundle = settings.caBundle
    var systemError = 0
    unsafe _ = fedbroker_getSystemError(easy, &systemError)
    let route = TransportError.Route(
      url: address.url, proxy: nil, caBundle: caBundle, systemError: Int32(truncatingIfNeeded: systemError),
      tunnelStatus: 0)
    return unsafe end(
      TransportError(curl: code, message: String(cString: errorText), wasSent: isOpen, route: route))
  }

  private func end(_ error: TransportError) -> Bool {
    tell(.closed(error))
    return false
  }

  private func tell(_ event: ByteStream.Event) {
    if !isGivenUp { observe(event) }
  }

  /// Frees the handle, on the loop's thread; with an error, tells the owner first.
  func finish(_ error: TransportError? = nil) {
    if let error { tell(.closed(error)) }
    giveUp()
    isOpen = false
    unsafe curl_easy_cleanup(easy)
    unsafe easy = nil
  }
}
