import Secrets
import Testing

@testable import LocalAPI

struct PageKeysTests {
  private static let opener = Caller(uid: 7, token: nil)
  private var keys = PageKeys()

  @Test("A key is good for as long as it is used at least every ten minutes")
  mutating func use() {
    keys.add(Secret("key"), for: Self.opener, now: 0)
    let uses = [599_999, 1_199_998, 1_199_999].map { keys.use(Secret("key"), now: $0) == Self.opener }
    #expect(uses == [true, true, true])
    let afterIdling = keys.use(Secret("key"), now: 1_799_999)
    #expect(afterIdling == nil)
  }

  @Test("A key that a background tab uses each minute is good for 12 hours, and no longer")
  mutating func shift() {
    keys.add(Secret("key"), for: Self.opener, now: 0)
    var lastGood: Int64?
    for now in stride(from: Int64(0), through: 13 * 3_600_000, by: 60_000)
    where keys.use(Secret("key"), now: now) != nil {
      lastGood = now
    }
    let lastBeforeEnd: Int64 = 12 * 3_600_000 - 60_000
    #expect(lastGood == lastBeforeEnd)
  }

  @Test("What is no key is good for nothing", arguments: ["", "ke", "KEY"])
  mutating func unknown(key: String) {
    keys.add(Secret("key"), for: Self.opener, now: 0)
    let isGood = keys.use(Secret(key), now: 0)
    #expect(isGood == nil)
  }

  @Test("The key that was idle longest makes room, once there are too many")
  mutating func bounded() {
    for number in 0..<PageKeys.capacity { keys.add(Secret("key \(number)"), for: Self.opener, now: Int64(number)) }
    let first = keys.use(Secret("key 0"), now: 100)
    keys.add(Secret("another"), for: Self.opener, now: 101)
    let afterwards = ["key 0", "key 1", "key 2", "another"].map { keys.use(Secret($0), now: 102) != nil }
    #expect(first == Self.opener)
    #expect(afterwards == [true, false, true, true])
  }
}
