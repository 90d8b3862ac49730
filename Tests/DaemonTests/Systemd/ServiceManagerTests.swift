import Clocks
import TestSupport
import Testing

@testable import Daemon

struct ServiceManagerTests {
  private let directory = ScratchDirectory()

  @Test("Messages arrive at a path and at an abstract name", arguments: [false, true])
  func delivery(isAbstract: Bool) async throws {
    let name = isAbstract ? "@" + directory.path : directory.path + "/notify"
    let socket = NotifySocket(name)
    let manager = ServiceManager(environment: ["NOTIFY_SOCKET": name])
    manager.ready(status: "Serving on 127.0.0.1:2776")
    manager.reloading()
    manager.alive()
    manager.stopping()
    #expect(try await socket.next() == ["READY": "1", "STATUS": "Serving on 127.0.0.1:2776"])
    let reloading = try await socket.next()
    #expect(reloading["RELOADING"] == "1")
    #expect(Int(reloading["MONOTONIC_USEC"] ?? "") ?? 0 > 0)
    #expect(try await socket.next() == ["WATCHDOG": "1"])
    #expect(try await socket.next()["STOPPING"] == "1")
  }

  @Test(
    "Nobody to tell is no failure",
    arguments: [
      "", "@", "/", "relative", "vsock:2:1234", "/nonexistent/notify", "/" + String(repeating: "n", count: 200),
    ])
  func nobody(name: String) {
    ServiceManager(environment: ["NOTIFY_SOCKET": name]).ready(status: "")
  }

  @Test(
    "The watchdog is that of this process, if it has an interval",
    arguments: [
      (["WATCHDOG_USEC": "2000000"], Duration.seconds(2)),
      (["WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "77"], .seconds(2)),
      (["WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "78"], nil), (["WATCHDOG_USEC": "0"], nil),
      (["WATCHDOG_USEC": "-5"], nil), (["WATCHDOG_USEC": "soon"], nil), ([:], nil),
    ] as [([String: String], Duration?)])
  func watchdogInterval(environment: [String: String], interval: Duration?) {
    #expect(ServiceManager(environment: environment, processID: 77).watchdogInterval == interval)
  }

  @Test("A daemon whose parts do not answer is not vouched for")
  func hanging() async throws {
    let socket = NotifySocket(directory.path + "/notify")
    let manager = ServiceManager(environment: ["NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "2000"])
    let (asked, asking) = AsyncStream.makeStream(of: CheckedContinuation<Void, Never>.self)
    let watchdog = try #require(
      Watchdog.start(manager, clock: try SystemClock()) { await withCheckedContinuation { asking.yield($0) } })
    var requests = asked.makeAsyncIterator()
    try #require(await requests.next()).resume()
    #expect(try await socket.next() == ["WATCHDOG": "1"])
    let second = try #require(await requests.next())
    #expect(socket.isEmpty)
    watchdog.cancel()
    second.resume()
    await watchdog.value
  }

  @Test(
    "Descriptors are those meant for this process, with their names",
    arguments: [
      (["LISTEN_PID": "77", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "api:admin"], ["3 api", "4 admin"]),
      (["LISTEN_PID": "77", "LISTEN_FDS": "3", "LISTEN_FDNAMES": "api"], ["3 api", "4 ", "5 "]),
      (["LISTEN_PID": "77", "LISTEN_FDS": "1"], ["3 "]), (["LISTEN_PID": "78", "LISTEN_FDS": "1"], []),
      (["LISTEN_FDS": "1"], []), (["LISTEN_PID": "77"], []), (["LISTEN_PID": "77", "LISTEN_FDS": "0"], []),
      (["LISTEN_PID": "78", "LISTEN_FDS": "-1"], []), (["LISTEN_FDS": "soon"], []),
    ] as [([String: String], [String])])
  func descriptors(environment: [String: String], expected: [String]) throws {
    let found = try InheritedSockets.descriptors(environment, processID: 77)
    #expect(found.map { "\($0.descriptor) \($0.name)" } == expected)
  }

  @Test(
    "A count that is none is refused",
    arguments: [
      "-1", "65", "2147483647", "2147483648", "-2147483648", "-9223372036854775808", "9223372036854775808", "", " 1",
      "1 ",
      "0x1", "1.0", "soon", "٣",
    ])
  func badCount(count: String) {
    let environment = ["LISTEN_PID": "77", "LISTEN_FDS": count]
    #expect(throws: StartError.self) { try InheritedSockets.descriptors(environment, processID: 77) }
  }

  @Test(
    "An interval of the watchdog of any size is one that can be slept",
    arguments: [
      "1", "9223372036854775807", "9223372036854775808", "18446744073709551615", "-9223372036854775808", "1e9",
    ])
  func watchdogIntervals(text: String) {
    let interval = ServiceManager(environment: ["WATCHDOG_USEC": text]).watchdogInterval
    #expect(interval.map { Duration.microseconds(1)...Duration.seconds(86_400) ~= $0 } != false)
  }
}
