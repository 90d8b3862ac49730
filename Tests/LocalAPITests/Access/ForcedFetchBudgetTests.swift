import Testing

@testable import LocalAPI

struct ForcedFetchBudgetTests {
  private static let caller = Caller(uid: 7, token: nil)

  @Test("A caller has five at once, then one in thirty seconds")
  func own() {
    let budget = Budget(rate: 1000, burst: 1000)
    let first = (0..<7).map { _ in budget.take(Self.caller, region: "r", now: 0) }
    #expect(first == [true, true, true, true, true, false, false])
    let later = [29_999, 30_000, 30_001, 60_000].map { budget.take(Self.caller, region: "r", now: $0) }
    #expect(later == [false, true, false, true])
  }

  @Test("Callers differ by user and by token")
  func callers() {
    let budget = Budget(rate: 1000, burst: 1000)
    for _ in 0..<5 { #expect(budget.take(Self.caller, region: "r", now: 0)) }
    for other in [Caller(uid: 8, token: nil), Caller(uid: 7, token: "desk"), Caller(uid: nil, token: "desk")] {
      #expect(budget.take(other, region: "r", now: 0))
    }
    #expect(!budget.take(Self.caller, region: "another", now: 0))
  }

  @Test("All callers together have half of a region's quota, and who is refused for it spends nothing")
  func all() {
    let budget = Budget(rate: 2, burst: 5)
    let callers = (0..<4).map { Caller(uid: UInt32($0), token: nil) }
    #expect(callers.map { budget.take($0, region: "r", now: 0) } == [true, true, false, false])
    #expect(budget.take(callers[2], region: "another", now: 0))
    // One a second, half of two.
    #expect(
      [500, 1000, 1500, 2000].map { budget.take(callers[3], region: "r", now: $0) } == [false, true, false, true])
    let spent = (0..<50).count { budget.take(callers[3], region: "r", now: 2000 + $0 * 1000) }
    #expect(spent == 3 + 1)
  }

  @Test("Thousands of callers take bounded memory, and a new one waits for another to rest")
  func bounded() {
    let budget = Budget(rate: 1_000_000, burst: 1_000_000)
    for uid in 0..<ForcedFetchBudget.capacity {
      #expect(budget.take(Caller(uid: UInt32(uid), token: nil), region: "r", now: 0))
    }
    let another = Caller(uid: 1 << 20, token: nil)
    #expect(!budget.take(another, region: "r", now: 1))
    #expect(budget.take(another, region: "r", now: 30_000))
  }
}

/// A budget that expectations can take from.
private final class Budget {
  private var budget: ForcedFetchBudget

  init(rate: Double, burst: Int) {
    budget = ForcedFetchBudget(rate: rate, burst: burst)
  }

  func take(_ caller: Caller, region: String, now: Int64) -> Bool { budget.take(caller, region: region, now: now) }
}
