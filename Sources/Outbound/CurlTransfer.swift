internal import CCurl
internal import Clocks
internal import Glibc
internal import Secrets
internal import Synchronization
internal import System

/// One request on its way through libcurl.
///
/// `@unchecked Sendable`: made by the task that sends, handed to the loop's thread through a lock, and used by that
/// thread alone from then on, libcurl's callbacks included; `isCancelled`, which others set, is atomic.
@safe final class CurlTransfer: @unchecked Sendable {
  let isCancelled = Atomic(false)
  let request: TransportRequest
  let settings: TransportSettings
  /// `nil` connects directly.
  let proxy: ProxyAddress?
  /// When the server has been silent for too long (botocore's meaning of a read time-out).
  ///
  /// Kept here, because libcurl's low-speed limit counts whole seconds and looks at an average over five of them. Set
  /// once the request goes out.
  private var readDeadline: Milliseconds?
  /// When the answer must be whole: a server that sends a byte now and then is not silent, and would hold its caller.
  private var answerDeadline: Milliseconds?

  private var completion: ((Result<TransportResponse, TransportError>) -> Void)?
  private var easy: UnsafeMutableRawPointer?
  private var header: UnsafeMutablePointer<curl_slist>?
  private var collector: ResponseCollector? = ResponseCollector()
  private var isTooLarge = false
  private var wasSent = false
  private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

  init(_ request: TransportRequest, by proxy: ProxyAddress?, _ settings: TransportSettings) {
    self.request = request
    self.proxy = proxy
    self.settings = settings
    unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    unsafe errorText.deallocate()
  }

  func whenDone(_ completion: @escaping (Result<TransportResponse, TransportError>) -> Void) {
    self.completion = completion
  }

  func complete(_ result: Result<TransportResponse, TransportError>) {
    // Here and not in `deinit`, so that libcurl and the secrets in its list are left on the loop's thread, at once.
    unsafe curl_easy_cleanup(easy)
    unsafe easy = nil
    unsafe curl_slist_free_all(header)
    unsafe header = nil
    completion?(result)
    completion = nil
  }

  /// What came of it, once libcurl is done.
  func result(_ code: CURLcode) -> Result<TransportResponse, TransportError> {
    if isTooLarge { return .failure(TransportError(.tooLarge, "the response is too large")) }
    guard code == CURLE_OK, let collector = collector.take() else {
      return unsafe .failure(
        TransportError(curl: code, message: String(cString: errorText), wasSent: wasSent, route: route))
    }
    var status = 0
    unsafe _ = fedbroker_getStatus(easy, &status)
    var response = collector.finish(status: status)
    if request.certificate != .verified, let issuer = unsafe fedbroker_getIssuer(easy) {
      // The server's text ends up in a terminal.
      response.certificateIssuer = unsafe String(cString: issuer).masked
    }
    return .success(response)
  }

  /// What is known of the way to the server, after a failure.
  private var route: TransportError.Route {
    var (systemError, tunnelStatus) = (0, 0)
    unsafe _ = fedbroker_getSystemError(easy, &systemError)
    unsafe _ = fedbroker_getTunnelStatus(easy, &tunnelStatus)
    return TransportError.Route(
      url: request.url, proxy: proxy?.authority, caBundle: settings.caBundle ?? request.caBundle,
      systemError: Int32(truncatingIfNeeded: systemError), tunnelStatus: tunnelStatus)
  }

  /// Makes the easy handle, which stays the transfer's own; `nil` when memory is out.
  func prepare() -> UnsafeMutableRawPointer? {
    guard let easy = unsafe curl_easy_init() else { return nil }
    unsafe self.easy = unsafe easy
    let options = unsafe CurlOptions(easy: easy)
    options.set(transferOf: request, by: proxy, settings)
    unsafe options.set(CURLOPT_ERRORBUFFER, errorText)
    guard let header = unsafe CurlOptions.header(of: request) else { return nil }
    unsafe self.header = unsafe header
    unsafe options.set(CURLOPT_HTTPHEADER, header)
    setCallbacks(options)
    return unsafe easy
  }

  private func setCallbacks(_ options: CurlOptions) {
    let this = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe options.set(CURLOPT_HEADERDATA, this)
    unsafe options.setReceiver(CURLOPT_HEADERFUNCTION) { bytes, _, count, this in
      unsafe CurlTransfer.receive(bytes, count, this) { transfer, bytes in
        transfer.collector?.appendHeaderLine(bytes) ?? false
      }
    }
    unsafe options.set(CURLOPT_WRITEDATA, this)
    unsafe options.setReceiver(CURLOPT_WRITEFUNCTION) { bytes, _, count, this in
      unsafe CurlTransfer.receive(bytes, count, this) { transfer, bytes in
        transfer.collector?.appendContent(bytes) ?? false
      }
    }
    unsafe options.set(CURLOPT_PREREQDATA, this)
    unsafe options.setBeforeRequest { this, _, _, _, _ in
      guard let this = unsafe this else { return CURL_PREREQFUNC_ABORT }
      let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(this).takeUnretainedValue()
      transfer.wasSent = true
      transfer.startAnswerDeadline()
      transfer.renewReadDeadline()
      return CURL_PREREQFUNC_OK
    }
  }

  /// Gives what arrived to `append`; another count than `count` makes libcurl end the transfer.
  private static func receive(
    _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ this: UnsafeMutableRawPointer?,
    _ append: (CurlTransfer, Span<UInt8>) -> Bool
  ) -> Int {
    guard let this = unsafe this else { return 0 }
    let transfer = unsafe Unmanaged<CurlTransfer>.fromOpaque(this).takeUnretainedValue()
    transfer.renewReadDeadline()
    let buffer = unsafe UnsafeRawBufferPointer(start: bytes, count: count).assumingMemoryBound(to: UInt8.self)
    guard unsafe append(transfer, buffer.span) else {
      transfer.isTooLarge = true
      return count == 0 ? 1 : 0
    }
    return count
  }

  /// Milliseconds, at least 1; `nil` for 0 seconds, which wait without end.
  static func timeout(seconds: Double) -> Milliseconds? {
    guard seconds > 0 else { return nil }
    return Milliseconds(max(1, min(seconds * 1000, Double(Int32.max))))
  }

  /// When the transfer is over, unless bytes arrive; `nil` if it may wait without end.
  var deadline: Milliseconds? { [readDeadline, answerDeadline].compactMap(\.self).min() }

  /// Why the transfer is over at `now`; `nil` if it is not.
  func overdue(at now: Milliseconds) -> TransportError? {
    if let answerDeadline, answerDeadline <= now {
      return TransportError(.readTimedOut, "the answer of \(route.server) was not whole in time")
    }
    guard let readDeadline, readDeadline <= now else { return nil }
    return TransportError(.readTimedOut, "\(route.server) sent nothing for too long")
  }

  /// The request went out: an answer is whole within twice the read time-out, and within the bound of the settings.
  private func startAnswerDeadline() {
    guard let longest = settings.longestAnswer else { return }
    let readTimeout = request.readTimeout ?? settings.readTimeout
    answerDeadline = Self.timeout(seconds: readTimeout > 0 ? min(2 * readTimeout, longest) : longest)
      .map { KernelClock.monotonic + $0 }
  }

  private func renewReadDeadline() {
    readDeadline = Self.timeout(seconds: request.readTimeout ?? settings.readTimeout)
      .map { KernelClock.monotonic + $0 }
  }
}
