internal import Dispatch
internal import Glibc

/// SIGTERM and SIGINT, as something to wait for.
enum TerminationSignals {
  /// Waits for the first of them.
  ///
  /// A second one ends the process at once.
  static func first() async {
    let numbers = [SIGTERM, SIGINT]
    let sources = numbers.map { number in
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: .global())
    }
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    for source in sources {
      source.setEventHandler { continuation.yield() }
      source.activate()
    }
    for await _ in stream { break }
    for (number, source) in zip(numbers, sources) {
      source.cancel()
      signal(number, SIG_DFL)
    }
  }
}
