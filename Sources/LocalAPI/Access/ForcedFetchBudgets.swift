internal import AWS
internal import Clocks
internal import FederationBroker
internal import Synchronization

/// How often callers may have a token fetched although a live one is cached.
///
/// Each caller has its own budget, and all callers together have half of the quota of a region: the other half stays for
/// misses and for refreshing ahead. Pure: times are milliseconds on the boot clock.
struct ForcedFetchBudget: Sendable {
  /// A caller's fetches at once after a pause, and the seconds after which it has another one.
  static let burst = 5
  static let secondsEach = 30.0
  /// Callers and regions that are counted at a time; those at rest make room.
  static let capacity = 4096

  private var callers: [Caller: TokenBucket] = [:]
  private var regions: [String: TokenBucket] = [:]
  /// Calls a second, and at once, of all callers in a region.
  private let rate: Double
  private let burst: Int

  /// - Parameters:
  ///   - rate: The quota of a region, in calls a second.
  ///   - burst: The quota's calls at once after a pause.
  init(rate: Double, burst: Int) {
    self.rate = rate / 2
    self.burst = max(1, burst / 2)
  }

  /// Takes one fetch of both budgets, if there is one in each.
  mutating func take(_ caller: Caller, region: String, now: Milliseconds) -> Bool {
    makeRoom(now: now)
    guard callers[caller] != nil || callers.count < Self.capacity,
      regions[region] != nil || regions.count < Self.capacity
    else { return false }
    var own = callers[caller] ?? TokenBucket(rate: 1 / Self.secondsEach, burst: Self.burst, now: now)
    var all = regions[region] ?? TokenBucket(rate: rate, burst: burst, now: now)
    // Taken from copies, so that what the other one refuses costs nothing.
    guard own.take(now: now), all.take(now: now) else { return false }
    callers[caller] = own
    regions[region] = all
    return true
  }

  /// Drops who is at rest.
  ///
  /// Where nobody is, a new caller has no budget, rather than everyone a new one.
  private mutating func makeRoom(now: Milliseconds) {
    if callers.count >= Self.capacity { callers = callers.filter { !$0.value.isFresh(now: now) } }
    if regions.count >= Self.capacity { regions = regions.filter { !$0.value.isFresh(now: now) } }
  }
}

/// The budget in force.
///
/// Safe to use from any thread.
final class ForcedFetchBudgets: Sendable {
  private struct Quota: Equatable {
    let rate: Double
    let burst: Int
  }

  private let budget: Mutex<(quota: Quota, state: ForcedFetchBudget)>
  private let clock: any MomentClock

  init(clock: any MomentClock) {
    self.clock = clock
    let quota = Quota(rate: 2, burst: 5)
    budget = Mutex((quota, ForcedFetchBudget(rate: quota.rate, burst: quota.burst)))
  }

  /// Puts another quota in force; unchanged, what was spent stays spent.
  func configure(rate: Double, burst: Int) {
    budget.withLock { budget in
      let quota = Quota(rate: rate, burst: burst)
      if quota != budget.quota { budget = (quota, ForcedFetchBudget(rate: rate, burst: burst)) }
    }
  }

  func take(_ caller: Caller, region: String) -> Bool {
    let now = clock.now.boot
    return budget.withLock { $0.state.take(caller, region: region, now: now) }
  }
}
