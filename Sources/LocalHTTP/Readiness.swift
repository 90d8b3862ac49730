internal import Dispatch

/// Tells, on one queue, when a socket can be read or written.
///
/// With `Ticker`, the only user of Dispatch sources.
///
/// Each source is made once and then suspended and resumed. The descriptor is closed only when Dispatch has let go of
/// all of them: closed earlier, its number could be another connection's while the kernel still reports on it here.
///
/// `@unchecked Sendable`: all state is touched on `queue` only, on which every caller runs.
final class Readiness: @unchecked Sendable {
  let socket: Socket
  private let queue: DispatchQueue
  private var read: Source
  private var write: Source?
  private var sourceCount = 1
  private var isCancelled = false

  private struct Source {
    let source: any DispatchSourceProtocol
    /// Dispatch counts suspensions and ends a process that resumes once too often, so they are counted here as one bit.
    var isSuspended = true

    mutating func resume() {
      guard isSuspended else { return }
      isSuspended = false
      source.resume()
    }

    mutating func suspend() {
      guard !isSuspended else { return }
      isSuspended = true
      source.suspend()
    }
  }

  /// `whenReadable` is called only after `resumeReading`, and keeps what it captures until `cancel`.
  init(_ socket: Socket, on queue: DispatchQueue, whenReadable: @escaping @Sendable () -> Void) {
    self.socket = socket
    self.queue = queue
    let source = DispatchSource.makeReadSource(fileDescriptor: socket.descriptor, queue: queue)
    source.setEventHandler(handler: whenReadable)
    read = Source(source: source)
    source.setCancelHandler { self.sourceEnded() }
  }

  func resumeReading() {
    guard !isCancelled else { return }
    read.resume()
  }

  func suspendReading() {
    guard !isCancelled else { return }
    read.suspend()
  }

  /// Calls `whenWritable` whenever the socket takes bytes, until `suspendWriting`; the first such closure is kept.
  func resumeWriting(whenWritable: @escaping @Sendable () -> Void) {
    guard !isCancelled else { return }
    if write == nil {
      let source = DispatchSource.makeWriteSource(fileDescriptor: socket.descriptor, queue: queue)
      source.setEventHandler(handler: whenWritable)
      source.setCancelHandler { self.sourceEnded() }
      sourceCount += 1
      write = Source(source: source)
    }
    write?.resume()
  }

  func suspendWriting() {
    guard !isCancelled else { return }
    write?.suspend()
  }

  /// Ends it all and closes the socket soon after.
  func cancel() {
    guard !isCancelled else { return }
    isCancelled = true
    read.source.cancel()
    write?.source.cancel()
    // A suspended source never gets to its cancel handler.
    read.resume()
    write?.resume()
  }

  private func sourceEnded() {
    sourceCount -= 1
    if sourceCount == 0 { socket.close() }
  }
}

/// Calls a closure on a queue at intervals, while it is wanted: one timer for many connections.
///
/// `@unchecked Sendable`: all state is touched on `queue` only, on which every caller runs.
final class Ticker: @unchecked Sendable {
  private let source: any DispatchSourceTimer
  private var isRunning = false

  init(milliseconds: Int, on queue: DispatchQueue, tick: @escaping @Sendable () -> Void) {
    source = DispatchSource.makeTimerSource(queue: queue)
    source.schedule(
      deadline: .now() + .milliseconds(milliseconds), repeating: .milliseconds(milliseconds),
      leeway: .milliseconds(milliseconds / 4))
    source.setEventHandler(handler: tick)
  }

  deinit {
    source.cancel()
    if !isRunning { source.resume() }
  }

  func start() {
    guard !isRunning else { return }
    isRunning = true
    source.resume()
  }

  func stop() {
    guard isRunning else { return }
    isRunning = false
    source.suspend()
  }
}
