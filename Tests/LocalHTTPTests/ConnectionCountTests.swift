import Testing

@testable import LocalHTTP

@Suite struct ConnectionCountTests {
  @Test("whoever waits is let go by the last connection, once")
  func waiting() async {
    let count = ConnectionCount(cap: 1)
    await count.waitUntilEmpty()
    #expect(count.add() == .accepted)
    #expect(count.add() == .refused)
    async let first: Void = count.waitUntilEmpty()
    async let second: Void = count.waitUntilEmpty()
    count.remove(.accepted)
    #expect(count.open == 1)
    count.remove(.refused)
    _ = await (first, second)
    #expect(count.open == 0)
  }

  /// A wait that ended twice would be the end of the process.
  @Test("connections that close while somebody begins to wait end that wait once")
  func closingMeanwhile() async {
    let count = ConnectionCount(cap: 1)
    for _ in 0..<20_000 {
      #expect(count.add() == .accepted)
      async let wait: Void = count.waitUntilEmpty()
      async let close: Void = count.remove(.accepted)
      _ = await (wait, close)
    }
    #expect(count.open == 0)
  }
}
