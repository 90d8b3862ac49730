import AWS
import Clocks
import FederationBroker
import RefreshingCache
import Secrets
import Synchronization
import TestSupport
import Testing

/// Everything at once.
///
/// What must hold is checked by whoever could see it broken.
struct BrokerStressTests {
  /// Calls upstream, at random: it fails now and then, tokens live shortly, and two calls for one key are noted, unless the
  /// broker has given up the former one.
  final class Upstream: Sendable {
    let clock: ManualClock
    let inFlight = Mutex<[TokenKey: Int]>([:])
    private let lastCall = Atomic<Int>(0)
    let overlaps = Atomic<Int>(0)

    init(clock: ManualClock) {
      self.clock = clock
    }

    func fetch(_ key: TokenKey) async throws(AWSError) -> FetchedToken {
      let call = lastCall.add(1, ordering: .relaxed).newValue
      let former = inFlight.withLock { $0.updateValue(call, forKey: key) }
      if former != nil { overlaps.add(1, ordering: .relaxed) }
      defer { leave(key, call) }
      return try await withTaskCancellationHandler {
        () async -> Result<FetchedToken, AWSError> in
        await answer(key)
      } onCancel: {
        leave(key, call)
      }.get()
    }

    private func leave(_ key: TokenKey, _ call: Int) {
      inFlight.withLock { if $0[key] == call { $0[key] = nil } }
    }

    private func answer(_ key: TokenKey) async -> Result<FetchedToken, AWSError> {
      for _ in 0..<Int.random(in: 0..<20) { await Task.yield() }
      switch Int.random(in: 0..<10) {
      case 0: return .failure(.unreachable)
      case 1: return .failure(.denied)
      default:
        let now = clock.now
        let life = Double(Int.random(in: 3...15))
        let end = now.wall + Int64(life * 1000)
        return .success(.living(life, at: now, text: "\(key.instanceID) \(end)"))
      }
    }
  }

  /// What came back, judged.
  final class Seen: Sendable {
    let served = Atomic<Int>(0)
    let wrong = Atomic<Int>(0)

    /// A token may end between being looked up and being looked at, so its end is compared with a time read before.
    func check(_ answer: TokenAnswer<Served>?, for key: TokenKey, askedAt: Moment) {
      guard let answer else { return }
      served.add(1, ordering: .relaxed)
      let parts = answer.payload.accessToken.exposed.split(separator: " ")
      guard parts.count == 2, String(parts[0]) == key.instanceID, let end = Int64(parts[1]),
        !answer.isHit || end > askedAt.wall
      else {
        wrong.add(1, ordering: .relaxed)
        return
      }
    }
  }

  @Test func `no expired token, no other key's token, and one fetch a key, whatever happens at once`() async {
    let clock = ManualClock(now: start)
    let upstream = Upstream(clock: clock)
    let source = StubTokenSource { (key, _) async throws(AWSError) in try await upstream.fetch(key) }
    let broker = Broker(
      source: source, clock: clock, settings: CacheSettings(maximumEntries: 5), makePayload: { Served($0) })
    let keys = (0..<8).map { TokenKey.instance("instance-\($0)") }
    broker.setWarm([keys[0], keys[1]])

    let seen = Seen()
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<4000 {
        group.addTask {
          let key = keys[number % keys.count]
          let askedAt = clock.now
          switch number % 40 {
          case 0: broker.forget(key)
          case 1: seen.check(try? await broker.refresh(key), for: key, askedAt: askedAt)
          case 2: seen.check(try? await broker.token(for: key, minimumLifetime: 10), for: key, askedAt: askedAt)
          case 3: broker.erase { $0 == key }
          case 4: broker.setWarm([key])
          case 5...8: clock.advance(by: .milliseconds(100))
          case 9: clock.setWall(clock.now.boot - start.boot + start.wall)
          case 10...20: seen.check(broker.cached(key), for: key, askedAt: askedAt)
          default: seen.check(try? await broker.token(for: key), for: key, askedAt: askedAt)
          }
        }
        if number % 16 == 0 {
          group.addTask {
            let doomed = Task { _ = try? await broker.token(for: keys[number % keys.count]) }
            doomed.cancel()
            await doomed.value
          }
        }
      }
    }
    #expect(seen.wrong.load(ordering: .relaxed) == 0)
    #expect(upstream.overlaps.load(ordering: .relaxed) == 0)
    #expect(seen.served.load(ordering: .relaxed) > 100)
    await broker.shutdown()
    #expect(upstream.inFlight.withLock { $0.isEmpty })
  }
}
