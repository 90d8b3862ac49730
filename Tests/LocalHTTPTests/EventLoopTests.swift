import Clocks
import Testing

@testable import LocalHTTP

@Suite(.timeLimit(.minutes(10)))
struct EventLoopTests {
  /// As when the process is stopped and continued: no connection may be closed for a silence that is over.
  ///
  /// One wait reports 128 of them.
  @Test("What arrived while the loop stood still is reported before the tick that is overdue")
  func standstill() async throws {
    let loop = try EventLoop(tickMilliseconds: 10)
    let pairs = try (0..<200).map { _ in try SocketPair() }
    let (events, event) = AsyncStream<String>.makeStream()
    let handler = Handler { event.yield("arrived") }
    loop.async {
      #expect(throws: Never.self) {
        for pair in pairs {
          var readiness = Readiness(pair.near, on: loop, handler: handler)
          try readiness.wait(for: .read)
        }
      }
      loop.setTick { event.yield("tick") }
      for pair in pairs { pair.send("x") }
      let start = KernelClock.coarseMonotonicMilliseconds
      while KernelClock.coarseMonotonicMilliseconds < start + 20 {}
    }
    loop.start(name: "test")
    var arrived = 0
    for await event in events {
      guard event == "arrived" else { break }
      arrived += 1
    }
    #expect(arrived == pairs.count)
    loop.stop()
  }
}

private final class Handler: ReadinessHandler {
  private let whenReadable: @Sendable () -> Void

  init(_ whenReadable: @escaping @Sendable () -> Void) { self.whenReadable = whenReadable }

  func readable(isEnding: Bool) { whenReadable() }
  func writable() {}
}
