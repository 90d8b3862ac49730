internal import Dispatch
internal import Glibc

/// The signals that a server handles, as a stream of events.
enum Signals {
  enum Event: Sendable {
    case reload
    case terminate
  }

  static let terminating: [Int32: Event] = [SIGTERM: .terminate, SIGINT: .terminate]
  static let all = terminating.merging([SIGHUP: .reload]) { $1 }

  /// Makes SIGTERM and SIGINT end process 1 of a container until its events are asked for: to process 1 the kernel
  /// delivers no signal that has no handler (pid_namespaces(7)), and a start may take long.
  static func endFirstProcess() {
    guard getpid() == 1 else { return }
    for number in terminating.keys { signal(number) { _exit(128 + $0) } }
  }

  /// Returns the signals from now on; the first one that terminates is the last event.
  ///
  /// A further one ends the process at once. SIGINT stays ignored where it was, as in the background of a shell script.
  static func events(_ signals: [Int32: Event]) -> AsyncStream<Event> {
    let (events, continuation) = AsyncStream.makeStream(of: Event.self)
    // A serial queue, for the reason that `TaskPool` gives.
    let queue = DispatchQueue(label: "fedbroker.signals")
    // Dispatch does not say that its sources are `Sendable`: the stream, which owns them, only cancels them.
    nonisolated(unsafe) let sources = signals.compactMap { number, event in
      let former = signal(number, SIG_IGN)
      let wasIgnored = unsafeBitCast(former, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
      if number == SIGINT, wasIgnored { return nil as (any DispatchSourceSignal)? }
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        continuation.yield(event)
        if event == .terminate { continuation.finish() }
      }
      source.setCancelHandler { signal(number, SIG_DFL) }
      source.activate()
      return source
    }
    continuation.onTermination = { _ in for source in sources { source.cancel() } }
    return events
  }
}
