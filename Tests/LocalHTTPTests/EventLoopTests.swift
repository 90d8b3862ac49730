import Clocks
import Testing

@testable import LocalHTTP

struct EventLoopTests {
  /// As when the process is stopped and continued: no connection may be closed for a silence that is over.
  ///
  /// One wait reports 128 of them.
  @Test("What arrived while the loop stood still is reported before the tick that is overdue")
  func standstill() throws {
    let loop = try EventLoop(wakeUp: WorkerExecutor().wakeUp)
    let handler = Handler()
    let pairs = try (0..<200).map { _ in try SocketPair() }
    for pair in pairs {
      var readiness = Readiness(pair.near, on: loop, handler: handler)
      try readiness.wait(for: .read)
    }
    loop.tick(by: loop.now + 10)
    for pair in pairs { pair.send("x") }
    let start = KernelClock.coarseMonotonicMilliseconds
    while KernelClock.coarseMonotonicMilliseconds < start + 20 {}
    var arrived = 0
    while !loop.wait({ _, _ in arrived += 1 }).isTickDue {}
    #expect(arrived == pairs.count)
  }

  @Test("A tick is due at the earliest time that anyone asked for", arguments: [[10, 500], [500, 10], [10, 10]])
  func earliest(times: [Int]) throws {
    let loop = try EventLoop(wakeUp: WorkerExecutor().wakeUp)
    let start = loop.now
    for time in times { loop.tick(by: start + time) }
    while !loop.wait({ _, _ in }).isTickDue {}
    #expect(loop.nextTick == start + 10)
  }

  @Test("A removed handler hears nothing of what was reported for its slot before")
  func removed() throws {
    let loop = try EventLoop(wakeUp: WorkerExecutor().wakeUp)
    let token = loop.add(Handler())
    loop.remove(token)
    let heir = Handler()
    let newToken = loop.add(heir)
    #expect(loop.handler(of: token) == nil)
    #expect(loop.handler(of: newToken) === heir)
  }
}

private final class Handler: ReadinessHandler {
  func handle(_ event: ReadinessEvent, on worker: isolated Worker) {}
}
