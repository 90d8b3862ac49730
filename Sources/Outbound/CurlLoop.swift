internal import CCurl
internal import Clocks
internal import Glibc
internal import Synchronization

/// The thread that drives libcurl's multi interface.
///
/// `@unchecked Sendable`: `multi` is made in `init`, used by the loop's own thread and freed in `deinit`, when that
/// thread is gone, since it holds a reference. The only call from other threads is `curl_multi_wakeup`, which libcurl
/// documents as safe. `active` and `streams` belong to the thread alone; the rest is in `inbox`.
@safe final class CurlLoop: @unchecked Sendable {
  private struct Inbox {
    var arrived: [CurlTransfer] = []
    var arrivedStreams: [CurlStream] = []
    var isThreadRunning = false
    var isStopping = false
  }

  private let multi: UnsafeMutableRawPointer
  private let inbox = Mutex(Inbox())
  private var active: [UnsafeMutableRawPointer: CurlTransfer] = unsafe [:]
  /// The streams; libcurl sends and receives on those only that stay added.
  private var streams: [UnsafeMutableRawPointer: CurlStream] = unsafe [:]

  /// Loads libcurl where that is not done yet.
  init() throws(TransportError) {
    do { try CurlLibrary.load() } catch { throw TransportError(.interrupted, error.description) }
    guard let multi = unsafe curl_multi_init() else {
      throw TransportError(.interrupted, "libcurl could not be initialized")
    }
    unsafe self.multi = unsafe multi
  }

  deinit {
    unsafe _ = curl_multi_cleanup(multi)
  }

  /// Starts the transfer.
  ///
  /// Its completion runs on the loop's thread, exactly once.
  func submit(_ transfer: CurlTransfer) {
    submit { $0.arrived.append(transfer) }
  }

  /// Starts the stream, whose owner hears what comes of it on the loop's thread.
  func submit(_ stream: CurlStream) {
    submit { $0.arrivedStreams.append(stream) }
  }

  private func submit(_ append: (inout Inbox) -> Void) {
    let startsThread = inbox.withLock { inbox in
      append(&inbox)
      defer { inbox.isThreadRunning = true }
      return !inbox.isThreadRunning
    }
    if startsThread { startThread() } else { wake() }
  }

  /// Ends the transfer, begun or not, with `.cancelled`.
  func cancel(_ transfer: CurlTransfer) {
    transfer.isCancelled.store(true, ordering: .relaxed)
    wake()
  }

  func stop() {
    inbox.withLock { $0.isStopping = true }
    wake()
  }

  func wake() {
    unsafe _ = curl_multi_wakeup(multi)
  }

  /// Runs the loop on a thread that takes no signals: they are for the thread that waits for them.
  private func startThread() {
    var all = sigset_t()
    var previous = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &previous)
    defer { unsafe _ = pthread_sigmask(SIG_SETMASK, &previous, nil) }
    var thread = pthread_t()
    let reference = unsafe Unmanaged.passRetained(self)
    let failure = unsafe pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<CurlLoop>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, reference.toOpaque())
    guard failure == 0 else {
      unsafe reference.release()
      let stranded = inbox.withLock { inbox in
        inbox.isThreadRunning = false
        defer { (inbox.arrived, inbox.arrivedStreams) = ([], []) }
        return (inbox.arrived, inbox.arrivedStreams)
      }
      let error = TransportError(.interrupted, "no thread for the transfer")
      for transfer in stranded.0 { transfer.complete(.failure(error)) }
      for stream in stranded.1 { stream.finish(error) }
      return
    }
    pthread_detach(thread)
  }

  private func run() {
    while true {
      let (arrived, arrivedStreams, isStopping) = inbox.withLock { inbox in
        defer { (inbox.arrived, inbox.arrivedStreams) = ([], []) }
        return (inbox.arrived, inbox.arrivedStreams, inbox.isStopping)
      }
      for transfer in arrived { start(transfer) }
      for stream in arrivedStreams { start(stream) }
      endCancelledAndOverdue()
      if isStopping { while let easy = unsafe streams.keys.first { unsafe endStream(easy) } }
      if unsafe isStopping && active.isEmpty { return }
      var running: Int32 = 0
      unsafe _ = curl_multi_perform(multi, &running)
      endFinished()
      for unsafe(easy, stream) in unsafe streams where stream.isGivenUp || !stream.transfer() { unsafe endStream(easy) }
      var awaited = unsafe streams.values.compactMap(\.awaited)
      unsafe _ = curl_multi_poll(multi, &awaited, UInt32(awaited.count), pollTimeout(), nil)
    }
  }

  private func start(_ stream: CurlStream) {
    guard let easy = unsafe stream.prepare() else {
      stream.finish(TransportError(.interrupted, "libcurl could not prepare the connection"))
      return
    }
    guard unsafe curl_multi_add_handle(multi, easy) == CURLM_OK else {
      stream.finish(TransportError(.interrupted, "libcurl could not start the connection"))
      return
    }
    unsafe streams[easy] = stream
  }

  private func endStream(_ easy: UnsafeMutableRawPointer) {
    guard let stream = unsafe streams.removeValue(forKey: easy) else { return }
    unsafe _ = curl_multi_remove_handle(multi, easy)
    stream.finish()
  }

  private func start(_ transfer: CurlTransfer) {
    guard let easy = unsafe transfer.prepare() else {
      transfer.complete(.failure(TransportError(.interrupted, "libcurl could not prepare the transfer")))
      return
    }
    guard unsafe curl_multi_add_handle(multi, easy) == CURLM_OK else {
      transfer.complete(.failure(TransportError(.interrupted, "libcurl could not start the transfer")))
      return
    }
    unsafe active[easy] = transfer
  }

  private func endCancelledAndOverdue() {
    let now = KernelClock.monotonic
    for unsafe(easy, transfer) in unsafe active {
      if transfer.isCancelled.load(ordering: .relaxed) {
        unsafe end(easy, .failure(TransportError(.cancelled, "the request was cancelled")))
      } else if let error = transfer.overdue(at: now) {
        unsafe end(easy, .failure(error))
      }
    }
  }

  private func endFinished() {
    var remaining: Int32 = 0
    while let message = unsafe curl_multi_info_read(multi, &remaining) {
      guard unsafe message.pointee.msg == CURLMSG_DONE, let easy = unsafe message.pointee.easy_handle else { continue }
      let code = unsafe message.pointee.data.result
      if let transfer = unsafe active[easy] {
        unsafe end(easy, transfer.result(code))
      } else if let stream = unsafe streams[easy], !stream.connected(code) {
        unsafe endStream(easy)
      }
    }
  }

  private func end(_ easy: UnsafeMutableRawPointer, _ result: Result<TransportResponse, TransportError>) {
    guard let transfer = unsafe active.removeValue(forKey: easy) else { return }
    unsafe _ = curl_multi_remove_handle(multi, easy)
    transfer.complete(result)
  }

  /// Milliseconds until the first time-out of an answer; libcurl itself returns for its own timers.
  private func pollTimeout() -> Int32 {
    let deadline = unsafe active.values.lazy.compactMap(\.deadline).min()
    guard let deadline else { return Int32.max }
    return Int32(clamping: max(0, deadline - KernelClock.monotonic))
  }
}
