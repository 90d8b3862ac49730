import AWS
import Clocks
import Secrets
import Synchronization
import System
import TestSupport
import Testing

@testable import FederationBroker
@testable import RefreshingCache

/// Daemons that share tokens through one store.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct FleetSourceTests {
  static let scope = FleetScope(name: "prod", account: "123456789012", rate: 2, burst: 5)
  static let key = TokenKey.instance("sales", profile: "default")

  /// A line for each id, whose key follows from it.
  static func keys(_ ids: String...) throws -> FleetKeys {
    let lines = ids.map { id in
      "\(id):\(Base64.standard.encode([UInt8](repeating: id.utf8.first ?? 0, count: 32)))"
    }
    return try FleetKeys(parsing: Secret(lines.joined(separator: "\n") + "\n"))
  }

  /// A daemon of the fleet, and what AWS is asked by it.
  final class Daemon: Sendable {
    let source: FleetSource
    let upstream: StubTokenSource
    private let following: Task<Void, Never>?
    private let log: AsyncStream<FleetEvent>

    init(
      _ store: any FleetStore, _ clock: ManualClock, keys: FleetKeys, caller: String = "arn:aws:sts::1:role/r/ana",
      follows: Bool = false, _ upstream: StubTokenSource
    ) {
      self.upstream = upstream
      let (log, source) = AsyncStream.makeStream(of: FleetEvent.self)
      self.log = log
      self.source = FleetSource(
        upstream, store: store, seal: FleetSeal(keys: keys, scope: FleetSourceTests.scope),
        identify: { (key) async throws(AWSError) in
          if caller.isEmpty { throw AWSError(.timedOut, "STS does not answer") }
          return FleetIdentity(
            caller: caller, instanceID: key.instanceID, region: key.region, endpoint: "https://connect.example.com")
        }, clock: clock, requestTimeout: .seconds(30), jitter: .least, observe: { source.yield($0) })
      let followed = self.source
      following = follows ? Task { await followed.follow() } : nil
    }

    func fetch(_ priority: CallPriority = .miss) async throws -> FetchedToken {
      try await source.fetch(FleetSourceTests.key) { priority }
    }

    /// Waits for an event, and returns those before it.
    func event(_ isWanted: (FleetEvent) -> Bool) async -> FleetEvent? {
      for await event in log where isWanted(event) { return event }
      return nil
    }

    func rejection() async -> FleetSeal.Rejection? {
      guard case .rejected(_, let reason)? = await event({ if case .rejected = $0 { true } else { false } }) else {
        return nil
      }
      return reason
    }
  }

  /// A source whose answers are numbered, with a token that lives 900 s.
  static func numbered(_ name: String, _ clock: ManualClock) -> StubTokenSource {
    let count = Mutex(0)
    return StubTokenSource { (_, _) async throws(AWSError) in
      let number = count.withLock { count in
        count += 1
        return count
      }
      var fetched = FetchedToken.living(900, at: clock.now, text: "\(name)\(number)")
      fetched = FetchedToken(token: fetched.token, upstreamDate: clock.now.wall, requestID: "r")
      return fetched
    }
  }

  /// Waits until the store has a token under some name, and returns the names.
  private static func stored(_ store: MemoryFleetStore, count: Int = 1) async -> [String] {
    while store.steps.count(where: { $0 == "put" }) < count { await Task.yield() }
    return store.names
  }

  @Test func `a token that one daemon has fetched is another's, with what is left of it`() async throws {
    let clock = ManualClock()
    let store = MemoryFleetStore(Self.scope, clock: clock)
    let keys = try Self.keys("a")
    let first = Daemon(store, clock, keys: keys, Self.numbered("first", clock))
    let second = Daemon(store, clock, keys: keys, Self.numbered("second", clock))
    #expect(try await first.fetch().token.accessToken == Secret("first1"))
    _ = await Self.stored(store)
    clock.advance(by: .seconds(100))
    let shared = try await second.fetch()
    #expect(shared.token.accessToken == Secret("first1"))
    #expect(second.upstream.callCount == 0)
    let expiration = try #require(shared.token.accessTokenExpiration?.milliseconds)
    #expect(try #require(shared.upstreamDate) == expiration - 800_000)
    // Who has it fetches the next one, and all have that.
    #expect(try await second.fetch(.background).token.accessToken == Secret("second1"))
    _ = await Self.stored(store, count: 2)
    #expect(try await first.fetch(.background).token.accessToken == Secret("second1"))
  }

  @Test func `while one calls, the others wait for what comes`() async throws {
    let clock = ManualClock()
    let store = MemoryFleetStore(Self.scope, clock: clock)
    let keys = try Self.keys("a")
    let held = StubTokenSource()
    let first = Daemon(store, clock, keys: keys, held)
    let second = Daemon(store, clock, keys: keys, follows: true, Self.numbered("second", clock))
    async let one = first.fetch()
    let call = try #require(await held.nextCall())
    async let other = second.fetch()
    while store.steps.count(where: { $0 == "take" }) < 2 { await Task.yield() }
    call.succeed(
      FetchedToken(
        token: FetchedToken.living(900, at: clock.now, text: "held").token, upstreamDate: clock.now.wall, requestID: nil
      ))
    #expect(try await one.token.accessToken == Secret("held"))
    #expect(try await other.token.accessToken == Secret("held"))
    #expect(second.upstream.callCount == 0)
  }

  @Test func `a holder that dies costs its lease's time and one call`() async throws {
    let clock = ManualClock()
    let store = MemoryFleetStore(Self.scope, clock: clock)
    let keys = try Self.keys("a")
    let dead = Daemon(store, clock, keys: keys, StubTokenSource())
    let lost = Task { try? await dead.fetch() }
    _ = await dead.upstream.nextCall()
    let second = Daemon(store, clock, keys: keys, Self.numbered("second", clock))
    async let other = second.fetch()
    await clock.awaitSleep(untilBoot: clock.now.boot + 15_000)
    clock.advance(by: .milliseconds(15_001))
    #expect(try await other.token.accessToken == Secret("second1"))
    _ = lost
  }

  @Test func `an entry of another caller, a changed or cut one, and one of another key are not used`() async throws {
    let clock = ManualClock()
    let keys = try Self.keys("a")
    let changes: [(String, FleetSeal.Rejection, (Secret) -> Secret)] = [
      ("cut", .key, { Secret($0.exposedBytes.prefix(10)) }), ("empty", .key, { _ in Secret("") }),
      ("shorter", .identity, { Secret($0.exposedBytes.dropLast()) }),
      ("version", .key, { Secret([2] + $0.exposedBytes.dropFirst()) }),
      ("expiry", .identity, { bytes in Secret(bytes.exposedBytes.enumerated().map { $0 == 18 ? $1 ^ 1 : $1 }) }),
      ("created", .identity, { bytes in Secret(bytes.exposedBytes.enumerated().map { $0 == 10 ? $1 ^ 1 : $1 }) }),
      ("bit", .identity, { bytes in Secret(bytes.exposedBytes.enumerated().map { $0 == 60 ? $1 ^ 1 : $1 }) }),
    ]
    for (name, reason, change) in changes {
      let store = MemoryFleetStore(Self.scope, clock: clock)
      let first = Daemon(store, clock, keys: keys, Self.numbered("first", clock))
      let second = Daemon(store, clock, keys: keys, Self.numbered("second", clock))
      _ = try await first.fetch()
      for stored in await Self.stored(store) { store.tamper(stored, change) }
      #expect(try await second.fetch().token.accessToken == Secret("second1"), "\(name)")
      #expect(await second.rejection() == reason, "\(name)")
    }
  }

  @Test func `an entry that is put under another user's name is not used`() async throws {
    let clock = ManualClock()
    let store = MemoryFleetStore(Self.scope, clock: clock)
    let keys = try Self.keys("a")
    let ana = Daemon(store, clock, keys: keys, Self.numbered("ana", clock))
    let ben = Daemon(store, clock, keys: keys, caller: "arn:aws:sts::1:role/r/ben", Self.numbered("ben", clock))
    _ = try await ana.fetch()
    let ofAna = try #require(await Self.stored(store).first)
    #expect(try await ben.fetch().token.accessToken == Secret("ben1"))
    let ofBen = try #require(await Self.stored(store, count: 2).first { $0 != ofAna })
    store.copy(ofAna, to: ofBen)
    let other = Daemon(store, clock, keys: keys, caller: "arn:aws:sts::1:role/r/ben", Self.numbered("other", clock))
    #expect(try await other.fetch().token.accessToken == Secret("other1"))
    #expect(await other.rejection() == .identity)
  }

  @Test func `a dropped token does not come back with a replica that has missed the drop`() async throws {
    let clock = ManualClock()
    let store = MemoryFleetStore(Self.scope, clock: clock)
    let keys = try Self.keys("a")
    let first = Daemon(store, clock, keys: keys, Self.numbered("first", clock))
    let second = Daemon(store, clock, keys: keys, follows: true, Self.numbered("second", clock))
    _ = try await first.fetch()
    _ = await Self.stored(store)
    #expect(try await second.fetch().token.accessToken == Secret("first1"))
    let before = store.contents
    store.setLasting(false)
    first.source.drop(Self.key)
    // The other daemon gives it up as well.
    var voided = second.source.voided.makeAsyncIterator()
    #expect(await voided.next() == Self.key)
    // The server is lost, and a replica without the drop takes its place.
    store.contents = before
    for daemon in [first, second] {
      #expect(try await daemon.fetch().token.accessToken != Secret("first1"))
    }
    #expect(await first.rejection() == .dropped)
  }

  @Test func `a drop is repeated until it is lasting, and voids what the replica brought back`() async throws {
    let clock = ManualClock()
    let store = MemoryFleetStore(Self.scope, clock: clock)
    let keys = try Self.keys("a")
    let first = Daemon(store, clock, keys: keys, Self.numbered("first", clock))
    _ = try await first.fetch()
    _ = await Self.stored(store)
    let before = store.contents
    store.setLasting(false)
    first.source.drop(Self.key)
    await clock.awaitSleep(untilBoot: clock.now.boot + 1_000)
    store.contents = before
    #expect(!store.names.isEmpty)
    store.setLasting(true)
    clock.advance(by: .seconds(1))
    #expect(await first.event { $0 == .dropsPending(0) } != nil)
    #expect(store.names.isEmpty)
    first.source.end()
  }

  @Test func `after a gap each token whose generation is another is given up`() async throws {
    let clock = ManualClock()
    let store = MemoryFleetStore(Self.scope, clock: clock)
    let keys = try Self.keys("a")
    let first = Daemon(store, clock, keys: keys, Self.numbered("first", clock))
    _ = try await first.fetch()
    let name = try #require(await Self.stored(store).first)
    _ = try await store.drop(FleetDrop(names: [name], generation: nil), in: Self.key.region)
    var voided = first.source.voided.makeAsyncIterator()
    let following = Task { await first.source.follow() }
    store.tellGap(Self.key.region)
    #expect(await voided.next() == Self.key)
    following.cancel()
  }

  @Test func `a token that was dropped while it was fetched is answered, and given up`() async throws {
    let clock = ManualClock()
    let store = MemoryFleetStore(Self.scope, clock: clock)
    let held = StubTokenSource()
    let first = Daemon(store, clock, keys: try Self.keys("a"), held)
    let name = FleetSeal(keys: try Self.keys("a"), scope: Self.scope).names(
      of: FleetIdentity(
        caller: "arn:aws:sts::1:role/r/ana", instanceID: "sales", region: "us-west-2",
        endpoint: "https://connect.example.com"))
    async let token = first.fetch()
    let call = try #require(await held.nextCall())
    _ = try await store.drop(FleetDrop(names: name, generation: nil), in: Self.key.region)
    call.succeed(
      FetchedToken(token: FetchedToken.living(900, at: clock.now).token, upstreamDate: clock.now.wall, requestID: nil))
    #expect(try await token.token.accessToken == Secret("token"))
    var voided = first.source.voided.makeAsyncIterator()
    #expect(await voided.next() == Self.key)
    #expect(store.names.isEmpty)
  }

  @Test func `a store that is away, or a caller that is not known, leaves each daemon its own calls`() async throws {
    let clock = ManualClock()
    let store = MemoryFleetStore(Self.scope, clock: clock)
    store.isUp = false
    let keys = try Self.keys("a")
    for (name, caller) in [("alone", "arn"), ("unidentified", "")] {
      let daemon = Daemon(store, clock, keys: keys, caller: caller, Self.numbered(name, clock))
      #expect(try await daemon.fetch().token.accessToken == Secret("\(name)1"))
      #expect(await daemon.event { $0 == .fetched(.alone) } != nil)
      store.isUp = true
    }
    #expect(store.names.isEmpty)
  }

  @Test func `an access that AWS takes away is dropped for all; other failures give the lease back`() async throws {
    let clock = ManualClock()
    let keys = try Self.keys("a")
    for (error, drops) in [
      (AWSError.denied, true), (.service(500, "InternalServiceException"), false), (.unreachable, false),
    ] {
      let store = MemoryFleetStore(Self.scope, clock: clock)
      let first = Daemon(store, clock, keys: keys, Self.numbered("first", clock))
      _ = try await first.fetch()
      _ = await Self.stored(store)
      let failing = Daemon(store, clock, keys: keys, StubTokenSource { (_, _) async throws(AWSError) in throw error })
      _ = try await failing.fetch()
      await #expect(throws: AWSError.self) { try await failing.fetch(.background) }
      while !store.steps.contains(drops ? "drop" : "fail") { await Task.yield() }
      #expect(store.names.isEmpty == drops, "\(error)")
      // A caller who waits does not wait for the pause of the background.
      let other = Daemon(store, clock, keys: keys, Self.numbered("other", clock))
      #expect(try await other.fetch().token.accessToken == Secret(drops ? "other1" : "first1"))
    }
  }

  @Test func `keys are exchanged one after the other, and no token is lost meanwhile`() async throws {
    let clock = ManualClock()
    let store = MemoryFleetStore(Self.scope, clock: clock)
    let old = Daemon(store, clock, keys: try Self.keys("a"), Self.numbered("old", clock))
    _ = try await old.fetch()
    _ = await Self.stored(store)
    for keys in [try Self.keys("a", "b"), try Self.keys("b", "a")] {
      let daemon = Daemon(store, clock, keys: keys, Self.numbered("new", clock))
      #expect(try await daemon.fetch().token.accessToken == Secret("old1"))
      #expect(daemon.upstream.callCount == 0)
    }
    let newest = Daemon(store, clock, keys: try Self.keys("b"), Self.numbered("newest", clock))
    #expect(try await newest.fetch().token.accessToken == Secret("newest1"))
  }
}

extension Secret {
  fileprivate var exposedBytes: [UInt8] { withBytes { bytes in bytes.indices.map { bytes[$0] } } }
}
