import Clocks
import Synchronization

@testable import AWS
@testable import FederationBroker
@testable import RefreshingCache

/// Many daemons that share one account's quota, in virtual time.
struct FleetSimulation {
  var account = SimulatedAccount()
  private(set) var daemons: [SimulatedDaemon] = []
  private(set) var now: Milliseconds = 0
  private var due = DeadlineHeap()
  let jitter: Jitter

  init(seed: UInt64, outages: [Range<Milliseconds>] = []) {
    let numbers = Mutex(SeededNumbers(seed: seed))
    jitter = Jitter { limit in numbers.withLock { Milliseconds.random(in: 0...max(0, limit), using: &$0) } }
    account.outages = outages
  }

  static func key(_ number: Int) -> TokenKey {
    TokenKey(instanceID: "instance-\(number)", region: "us-west-2", identity: Identity(profile: "agent-\(number)"))
  }

  /// Adds a daemon that starts now, and returns its number.
  @discardableResult
  mutating func start(
    warm keys: [TokenKey], settings: CacheSettings = CacheSettings(), lifetime: Milliseconds = 900_000
  ) -> Int {
    var daemon = SimulatedDaemon(settings: settings, lifetime: lifetime, jitter: jitter, now: now)
    daemon.setWarm(Set(keys), now: now)
    daemons.append(daemon)
    due.set(now, for: daemons.count - 1)
    return daemons.count - 1
  }

  /// Puts a daemon that has just been started in the place of one that died.
  mutating func restart(_ number: Int, warm keys: [TokenKey], lifetime: Milliseconds = 900_000) {
    var daemon = SimulatedDaemon(settings: CacheSettings(), lifetime: lifetime, jitter: jitter, now: now)
    daemon.setWarm(Set(keys), now: now)
    daemon.violations = daemons[number].violations
    daemons[number] = daemon
    due.set(now, for: number)
  }

  mutating func change(_ number: Int, _ body: (inout SimulatedDaemon, Milliseconds) -> Void) {
    body(&daemons[number], now)
    due.set(max(now, daemons[number].nextDue(now: now)), for: number)
  }

  /// Lets time pass until `end`, stopping at each moment that a daemon has something to do, or until `isDone`.
  mutating func run(until end: Milliseconds, isDone: (FleetSimulation) -> Bool = { _ in false }) {
    while let next = due.first, next.deadline <= end {
      now = max(now, next.deadline)
      daemons[next.number].step(now: now, account: &account)
      let following = daemons[next.number].nextDue(now: now)
      due.set(following == .max ? .max : max(now + 1, following), for: next.number)
      if isDone(self) { return }
    }
    now = max(now, end)
  }
}
