import Clocks
import Synchronization

@testable import AWS
@testable import FederationBroker
@testable import RefreshingCache

/// What the simulated cache keeps: the key it was fetched for, and when its life ends in the simulation's time.
final class SimulatedToken: Sendable {
  let key: TokenKey
  let end: Milliseconds

  init(_ key: TokenKey, end: Milliseconds) {
    self.key = key
    self.end = end
  }
}

/// A daemon without tasks, locks and sockets: its pure states, and what is on the way to and from AWS.
///
/// Times are milliseconds of the simulation, which are the daemon's boot clock as well.
struct SimulatedDaemon {
  /// How long a call is on its way, there and back.
  static let latency: Milliseconds = 20
  private static let attempts = 3
  private static let epoch: Milliseconds = 1_795_478_400_000

  private struct Fetch {
    let key: TokenKey
    let isUrgent: Atomic<Bool>.Storage
    var attempt = 1
  }

  private struct Arrival {
    let time: Milliseconds
    let id: UInt64
    let answer: SimulatedAccount.Answer?
  }

  private var cache: CacheState<FederationSource>
  private var queue: AdmissionQueue
  private var fetches: [UInt64: Fetch] = [:]
  /// Answers under way, and fetches that wait to be tried again, by their times.
  private var arrivals: [Arrival] = []
  private var lastID: UInt64 = 0
  private let jitter: Jitter
  private let lifetime: Milliseconds
  /// By how much the daemon's wall clock is wrong.
  var clockError: Milliseconds = 0
  private var asked: [Waiter.ID: TokenKey] = [:]
  /// The answers to requests since they were last taken.
  private(set) var replies: [Reply] = []
  private(set) var warnings = 0
  /// What must never happen, and did.
  var violations: [String] = []
  private(set) var fetchedKeys: Set<TokenKey> = []

  enum Reply {
    case token
    case failure(BrokerError)
  }

  init(
    settings: CacheSettings, rate: Double = 2, burst: Int = 5, lifetime: Milliseconds, jitter: Jitter, now: Milliseconds
  ) {
    cache = CacheState(settings: settings, jitter: jitter)
    queue = AdmissionQueue(bucket: TokenBucket(rate: rate, burst: max(1, burst - 1), now: now))
    self.jitter = jitter
    self.lifetime = lifetime
  }

  /// When `step` has something to do.
  func nextDue(now: Milliseconds) -> Milliseconds {
    min(cache.nextDue, queue.nextDue(now: now) ?? .max, arrivals.first?.time ?? .max)
  }

  mutating func setWarm(_ keys: Set<TokenKey>, now: Milliseconds) {
    cache.setWarm(keys, now: moment(now))
  }

  mutating func ask(_ key: TokenKey, now: Milliseconds) {
    lastID += 1
    asked[lastID] = key
    var actions: [Action<FederationSource>] = []
    cache.request(key, .value(minimumLifetime: 0), from: lastID, now: moment(now), actions: &actions)
    carryOut(actions, now: now)
  }

  mutating func forget(_ key: TokenKey, now: Milliseconds) {
    var actions: [Action<FederationSource>] = []
    cache.forget(key, now: moment(now), actions: &actions)
    carryOut(actions, now: now)
  }

  mutating func takeReplies() -> [Reply] {
    defer { replies = [] }
    return replies
  }

  func holdsLiveToken(of key: TokenKey, now: Milliseconds) -> Bool {
    var copy = cache
    return copy.hit(key, minimumLifetime: 0, now: moment(now)) != nil
  }

  mutating func step(now: Milliseconds, account: inout SimulatedAccount) {
    while let arrival = arrivals.first, arrival.time <= now {
      arrivals.removeFirst()
      arrive(arrival, now: now)
    }
    var hasMore = true
    while hasMore {
      var actions: [Action<FederationSource>] = []
      hasMore = cache.advance(now: moment(now), actions: &actions)
      carryOut(actions, now: now)
    }
    for decision in queue.advance(now: now) {
      switch decision {
      case .admitted(let id):
        schedule(Arrival(time: now + Self.latency, id: id, answer: account.call(at: now)))
      case .refused(let id, let seconds):
        end(id, .failure(AWSError(.rateLimited, "no place", retryAfter: seconds)), now: now)
      }
    }
  }

  private func moment(_ now: Milliseconds) -> Moment { Moment(wall: Self.epoch + clockError + now, boot: now) }

  private mutating func carryOut(_ actions: [Action<FederationSource>], now: Milliseconds) {
    for action in actions {
      switch action {
      case .fetch(let key, let cause):
        if fetches.values.contains(where: { $0.key == key }) { violations.append("two fetches of one key") }
        lastID += 1
        fetches[lastID] = Fetch(key: key, isUrgent: .init(cause == .miss))
        enter(lastID)
      case .hastenFetch(let key):
        for fetch in fetches.values where fetch.key == key { fetch.isUrgent.store(true) }
      case .abandonFetch(let key):
        if let id = fetches.first(where: { $0.value.key == key })?.key {
          queue.leave(id)
          arrivals.removeAll { $0.id == id }
          fetches[id] = nil
        }
      case .cancelFetch(let key):
        if let id = fetches.first(where: { $0.value.key == key })?.key {
          queue.leave(id)
          arrivals.removeAll { $0.id == id }
          end(id, .failure(AWSError(.shuttingDown, "cancelled")), now: now)
        }
      case .answer(let waiters, let result):
        for waiter in waiters {
          guard let key = asked.removeValue(forKey: waiter) else { continue }
          switch result {
          case .success(let answer):
            guard let token = answer.value as? SimulatedToken else { continue }
            if token.key != key { violations.append("the token of another") }
            if token.end <= now { violations.append("a dead token") }
            replies.append(.token)
          case .failure(let error): replies.append(.failure(error))
          }
        }
      case .report(.fetchFailed), .report(.rejected): warnings += 1
      case .report: break
      }
    }
  }

  private mutating func enter(_ id: UInt64) {
    guard let fetch = fetches[id] else { return }
    let isUrgent = fetch.isUrgent
    queue.enter(
      AdmissionQueue.Ticket(
        id: id, priority: { isUrgent.load() ? .miss : .background },
        deadline: .max))
  }

  private mutating func schedule(_ arrival: Arrival) {
    let index = arrivals.firstIndex { $0.time > arrival.time } ?? arrivals.endIndex
    arrivals.insert(arrival, at: index)
  }

  private mutating func arrive(_ arrival: Arrival, now: Milliseconds) {
    guard let fetch = fetches[arrival.id] else { return }
    switch arrival.answer {
    case nil:
      enter(arrival.id)
    case .token:
      queue.bucket.speedUp(now: now)
      let token = SimulatedToken(fetch.key, end: now + lifetime)
      fetchedKeys.insert(fetch.key)
      let date = (Self.epoch + now) / 1000 * 1000
      end(
        arrival.id,
        .success(
          Fetched(token, expiration: Self.epoch + token.end, originDate: date, sentAt: moment(now - Self.latency))),
        now: now)
    case .throttled:
      queue.bucket.slowDown(now: now)
      end(arrival.id, .failure(AWSError(.service(status: 429, code: "ThrottlingException"), "slow")), now: now)
    case .unavailable:
      let draw = Double(jitter.upTo(999)) / 1000
      guard fetch.attempt < Self.attempts,
        let delay = RetryPolicy.delay(afterAttempt: fetch.attempt, jitter: draw, server: .init())
      else {
        end(arrival.id, .failure(AWSError(.service(status: 503, code: "Unavailable"), "down")), now: now)
        return
      }
      fetches[arrival.id]?.attempt += 1
      schedule(Arrival(time: now + delay, id: arrival.id, answer: nil))
    }
  }

  private mutating func end(
    _ id: UInt64, _ result: Result<Fetched<any AnyObject & Sendable>, AWSError>, now: Milliseconds
  ) {
    guard let fetch = fetches.removeValue(forKey: id) else { return }
    var actions: [Action<FederationSource>] = []
    switch result {
    case .success(let fetched): cache.fetched(fetch.key, fetched, now: moment(now), actions: &actions)
    case .failure(let error): _ = cache.failed(fetch.key, error, now: moment(now), actions: &actions)
    }
    carryOut(actions, now: now)
  }
}

extension Atomic<Bool> {
  /// A flag that a copy of the daemon shares with the ticket in its queue.
  final class Storage: Sendable {
    private let flag: Atomic<Bool>

    init(_ value: Bool) { flag = Atomic(value) }

    func load() -> Bool { flag.load(ordering: .relaxed) }
    func store(_ value: Bool) { flag.store(value, ordering: .relaxed) }
  }
}
