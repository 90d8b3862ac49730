import Testing

@testable import LocalHTTP

@Suite struct ConnectionCountTests {
  private let client = Client(transport: .unix(uid: 1, gids: []))

  @Test("whoever waits is let go by the last connection, once")
  func waiting() async {
    let count = ConnectionCount(cap: 1)
    await count.waitUntilEmpty()
    #expect(count.add(client) == .accepted)
    #expect(count.add(client) == .refused)
    async let first: Void = count.waitUntilEmpty()
    async let second: Void = count.waitUntilEmpty()
    count.remove(.accepted, client)
    #expect(count.open == 1)
    count.remove(.refused, client)
    _ = await (first, second)
    #expect(count.open == 0)
  }

  /// A wait that ended twice would be the end of the process.
  @Test("connections that close while somebody begins to wait end that wait once")
  func closingMeanwhile() async {
    let count = ConnectionCount(cap: 1)
    for _ in 0..<20_000 {
      #expect(count.add(client) == .accepted)
      async let wait: Void = count.waitUntilEmpty()
      async let close: Void = count.remove(.accepted, client)
      _ = await (wait, close)
    }
    #expect(count.open == 0)
  }
}
