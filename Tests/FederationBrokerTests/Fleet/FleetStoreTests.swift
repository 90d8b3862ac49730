import Clocks
import Glibc
import Outbound
import Secrets
import TestSupport
import Testing
import Valkey

@testable import FederationBroker

/// What a store of a fleet does, shown of a real server and of the tests' double alike.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct FleetStoreTests {
  enum Kind: CaseIterable {
    case server, double
  }

  static let region = "us-west-2"
  /// Longer than a machine under load takes for a test, as are all times that run out here.
  static let leaseTime: Milliseconds = 1_200_000
  static let scope = FleetScope(name: "prod", account: "123456789012", rate: 2, burst: 5)

  /// Two daemons' views of one store.
  private struct Stores {
    let first: any FleetStore
    let second: any FleetStore
    let server: RedisServer?

    init(_ kind: Kind, scope: FleetScope = FleetStoreTests.scope, user: String? = nil) throws {
      switch kind {
      case .double:
        let store = MemoryFleetStore(scope, clock: ManualClock())
        (first, second, server) = (store, store, nil)
      case .server:
        let server = RedisServer()
        self.server = server
        first = try FleetStoreTests.open(server, scope, user: user)
        second = try FleetStoreTests.open(server, scope, user: user)
      }
    }
  }

  static func open(_ server: RedisServer, _ scope: FleetScope = scope, user: String? = nil) throws -> ValkeyFleetStore {
    var settings = StoreSettings(address: try ServerAddress(parsing: "valkey://127.0.0.1:\(server.port)"))
    settings.timeout = 2000
    settings.user = user
    return ValkeyFleetStore(
      settings, scope, password: { () throws(StoreError) in user.map { Secret("password of \($0)") } }, listens: true,
      on: OutboundThread(), clock: try SystemClock())
  }

  private static func want(
    _ names: [String] = [], owner: String = "", known: Milliseconds = 0, longest: Milliseconds = 60_000,
    isUrgent: Bool = false
  ) -> FleetWant {
    var want = FleetWant(region: region, longestWait: longest, isUrgent: isUrgent)
    (want.names, want.owner, want.knownExpiry, want.callTime) = (names, owner, known, leaseTime)
    return want
  }

  private static func entry(
    _ name: String, owner: String, _ generation: String, expiry: Milliseconds, left: Milliseconds, text: String = "v"
  ) -> SealedEntry {
    var entry = SealedEntry(name: name, generation: generation, expiry: expiry, content: Secret(text))
    (entry.owner, entry.left) = (owner, left)
    return entry
  }

  /// The wait and the generation of a place that was given.
  private static func place(_ taken: FleetTaken) throws -> (wait: Milliseconds, generation: String) {
    guard case .yours(let wait, let generation) = taken else {
      Issue.record("\(taken)")
      throw FleetStoreFailure("no place", label: "")
    }
    return (wait, generation)
  }

  @Test(arguments: Kind.allCases)
  func `places are one fewer than the burst at once, then one an interval, and none further than wanted`(
    kind: Kind
  ) async throws {
    // An interval that no pause of the machine reaches.
    let stores = try Stores(kind, scope: FleetScope(name: "prod", account: "123456789012", rate: 0.01, burst: 5))
    for number in 0..<6 {
      let store = number % 2 == 0 ? stores.first : stores.second
      let wait = try Self.place(await store.take(Self.want(longest: 600_000))).wait
      let ideal = Milliseconds(max(0, number - 3)) * 100_000
      #expect(ideal - 90_000...ideal ~= wait, "\(number)")
    }
    guard case .queue(let wait) = try await stores.second.take(Self.want(longest: 60_000)) else {
      Issue.record("a place beyond what was wanted")
      return
    }
    #expect(210_000...300_000 ~= wait)
    // Nothing was reserved by that.
    #expect(210_000...300_000 ~= (try Self.place(await stores.first.take(Self.want(longest: 600_000))).wait))
  }

  @Test(arguments: Kind.allCases)
  func `one calls, the others wait for it, and all have its entry`(kind: Kind) async throws {
    let stores = try Stores(kind)
    let generation = try Self.place(await stores.first.take(Self.want(["h"], owner: "a"))).generation
    #expect(!generation.isEmpty)
    guard case .leased(let wait) = try await stores.second.take(Self.want(["h"], owner: "b")) else {
      Issue.record("not leased")
      return
    }
    #expect(1...Self.leaseTime ~= wait)
    // Another name of the same entry counts as well, and another entry does not.
    guard case .leased = try await stores.second.take(Self.want(["other", "h"], owner: "b")) else {
      Issue.record("not leased by its other name")
      return
    }
    _ = try Self.place(await stores.second.take(Self.want(["i"], owner: "b")))
    let stored = try await stores.first.put(
      Self.entry("h", owner: "a", generation, expiry: 900_000, left: 1_200_000, text: "\0token\r\n"), in: Self.region)
    #expect(stored == .stored)
    for names in [["h"], ["other", "h"]] {
      guard case .present(let entry, let left) = try await stores.second.take(Self.want(names, owner: "b")) else {
        Issue.record("not present")
        return
      }
      #expect(entry.content == Secret("\0token\r\n") && entry.generation == generation && entry.name == "h")
      #expect(entry.expiry == 900_000 && 1...1_200_000 ~= left)
    }
    // Who has it already calls for the next one.
    #expect(
      try Self.place(await stores.second.take(Self.want(["h"], owner: "b", known: 900_000))).generation == generation)
    #expect(try await stores.second.generations(of: ["h", "none"], in: Self.region) == [generation, nil])
  }

  @Test(arguments: Kind.allCases)
  func `of two tokens the one that expires later stays`(kind: Kind) async throws {
    let stores = try Stores(kind)
    let generation = try Self.place(await stores.first.take(Self.want(["h"], owner: "a"))).generation
    for (expiry, outcome) in [(60_000, FleetPutOutcome.stored), (30_000, .superseded), (90_000, .stored)] {
      let expiry = Milliseconds(expiry)
      #expect(
        try await stores.second.put(
          Self.entry("h", owner: "b", generation, expiry: expiry, left: expiry), in: Self.region) == outcome)
    }
    guard case .present(let entry, _) = try await stores.first.take(Self.want(["h"], owner: "c")) else {
      Issue.record("not present")
      return
    }
    #expect(entry.expiry == 90_000)
  }

  @Test(arguments: Kind.allCases)
  func `a drop voids the entry and the call under way, and one of a generation leaves what came after`(
    kind: Kind
  ) async throws {
    let stores = try Stores(kind)
    let generation = try Self.place(await stores.first.take(Self.want(["h"], owner: "a"))).generation
    let entry = Self.entry("h", owner: "a", generation, expiry: 900_000, left: 1_200_000)
    #expect(try await stores.first.put(entry, in: Self.region) == .stored)
    let dropped = try await stores.second.drop(FleetDrop(names: ["h"], generation: nil), in: Self.region)
    #expect(dropped == FleetDropOutcome(generations: [generation], isLasting: true))
    #expect(try await stores.first.put(entry, in: Self.region) == .dropped)

    let next = try Self.place(await stores.first.take(Self.want(["h"], owner: "a"))).generation
    #expect(next != generation)
    let again = Self.entry("h", owner: "a", next, expiry: 900_000, left: 1_200_000)
    #expect(try await stores.first.put(again, in: Self.region) == .stored)
    let repeated = try await stores.second.drop(FleetDrop(names: ["h"], generation: generation), in: Self.region)
    #expect(repeated.generations == [])
    guard case .present = try await stores.second.take(Self.want(["h"], owner: "b")) else {
      Issue.record("the entry that came after was dropped")
      return
    }
    // One of a name without an entry voids calls that begin with it only later, too.
    #expect(try await stores.second.drop(FleetDrop(names: ["i"], generation: nil), in: Self.region).generations == [])
  }

  @Test(arguments: Kind.allCases)
  func `a throttled call moves the order on, and a failed one holds the background only`(kind: Kind) async throws {
    let stores = try Stores(kind, scope: FleetScope(name: "prod", account: "123456789012", rate: 0.01, burst: 2))
    #expect(try Self.place(await stores.first.take(Self.want(["h"], owner: "a", longest: 600_000))).wait == 0)
    try await stores.first.fail(FleetCallFailure(name: "h", owner: "a", kind: .throttled), in: Self.region)
    let wait = try Self.place(await stores.second.take(Self.want(["h"], owner: "b", longest: 600_000))).wait
    #expect(410_000...500_000 ~= wait)
    // Who does not have the lease cannot give it back.
    try await stores.first.fail(FleetCallFailure(name: "h", owner: "a", kind: .failed(pause: 1)), in: Self.region)
    guard case .leased = try await stores.first.take(Self.want(["h"], owner: "c", longest: 600_000)) else {
      Issue.record("not leased")
      return
    }
    try await stores.second.fail(
      FleetCallFailure(name: "h", owner: "b", kind: .failed(pause: 1_200_000)), in: Self.region)
    guard case .leased(let pause) = try await stores.first.take(Self.want(["h"], owner: "c", longest: 600_000)) else {
      Issue.record("the background does not pause")
      return
    }
    #expect(1...1_200_000 ~= pause)
    _ = try Self.place(await stores.first.take(Self.want(["h"], owner: "c", longest: 700_000, isUrgent: true)))
  }

  @Test(arguments: Kind.allCases)
  func `others hear that a call ended, and what was dropped`(kind: Kind) async throws {
    let stores = try Stores(kind)
    var heard = stores.second.changes.makeAsyncIterator()
    if kind == .server {
      _ = try await stores.second.generations(of: ["h"], in: Self.region)
      #expect(await heard.next() == .gap(region: Self.region))
    }
    let generation = try Self.place(await stores.first.take(Self.want(["h"], owner: "a"))).generation
    try await stores.first.fail(FleetCallFailure(name: "h", owner: "a", kind: .failed(pause: 0)), in: Self.region)
    #expect(await heard.next() == .settled(name: "h"))
    let entry = Self.entry("h", owner: "a", generation, expiry: 900_000, left: 1_200_000)
    _ = try await stores.first.put(entry, in: Self.region)
    #expect(await heard.next() == .settled(name: "h"))
    _ = try await stores.first.drop(FleetDrop(names: ["h"], generation: nil), in: Self.region)
    #expect(await heard.next() == .dropped(name: "h", generation: generation))
    _ = try await stores.first.drop(FleetDrop(names: ["i"], generation: nil), in: Self.region)
    #expect(await heard.next() == .dropped(name: "i", generation: nil))
  }

  @Test func `everything that a server is given ends, and nothing reserves more than ten minutes`() async throws {
    let stores = try Stores(.server)
    guard let server = stores.server else { return }
    let generation = try Self.place(await stores.first.take(Self.want(["h"], owner: "a"))).generation
    _ = try await stores.first.put(
      Self.entry("h", owner: "a", generation, expiry: 900_000, left: 1_200_000), in: Self.region)
    _ = try await stores.first.drop(FleetDrop(names: ["i"], generation: nil), in: Self.region)
    _ = try Self.place(await stores.first.take(Self.want(["j"], owner: "a")))
    let keys = server.command("KEYS", "*").split(separator: "\n").map(String.init)
      // That of the probe ends after a second.
      .filter { !$0.hasSuffix(":p") }.sorted()
    let prefix = "fb1:{prod:123456789012:us-west-2}"
    #expect(keys == ["\(prefix):e:h", "\(prefix):e:i", "\(prefix):e:j", "\(prefix):q"])
    for key in keys { #expect((Int(server.command("PTTL", key)) ?? -1) > 0, "\(key)") }
    #expect((Int(server.command("PTTL", "\(prefix):e:i")) ?? 0) > 11 * 3_600_000)
    for value in ["99999999999999", "nonsense", "-1"] {
      server.command("SET", "\(prefix):q", value)
      let wait = try Self.place(await stores.first.take(Self.want(longest: 700_000))).wait
      // The place after the last one of ten minutes.
      #expect(wait <= 600_500, "\(value)")
    }
  }

  @Test func `what somebody else stores or says makes nobody wait longer, and is kept by nobody`() async throws {
    let stores = try Stores(.server)
    var heard = stores.second.changes.makeAsyncIterator()
    _ = try await stores.second.generations(of: ["h"], in: Self.region)
    #expect(await heard.next() == .gap(region: Self.region))
    let prefix = "fb1:{prod:123456789012:us-west-2}"
    stores.server?.command("HSET", "\(prefix):e:h", "o", "x", "l", "9000000000000000000")
    guard case .leased(let wait) = try await stores.first.take(Self.want(["h"], owner: "a")) else {
      Issue.record("not leased")
      return
    }
    #expect(1...3_600_000 ~= wait)
    stores.server?.command("HSET", "\(prefix):e:i", "g", String(repeating: "a", count: 10_000))
    await #expect(throws: FleetStoreFailure.self) { try await stores.first.take(Self.want(["i"], owner: "a")) }
    for text in ["h drop \(String(repeating: "a", count: 10_000))", "h drop short", "h", "h drop a b"] {
      stores.server?.command("PUBLISH", "\(prefix):n", text)
    }
    stores.server?.command("PUBLISH", "\(prefix):n", "i put")
    #expect(await heard.next() == .settled(name: "i"))
  }

  @Test func `a server that has lost its scripts is given them again`() async throws {
    let stores = try Stores(.server)
    _ = try Self.place(await stores.first.take(Self.want(["h"], owner: "a")))
    stores.server?.command("SCRIPT", "FLUSH")
    _ = try Self.place(await stores.first.take(Self.want(["i"], owner: "a")))
    stores.server?.command("FLUSHALL")
    _ = try Self.place(await stores.first.take(Self.want(["h"], owner: "b")))
  }

  @Test func `the user of docs/fleet.md may do all steps, and nothing else`() async throws {
    let server = RedisServer()
    let rule = try Documentation.accessRule()
    #expect(server.command(["ACL", "SETUSER", "fedbroker", "on", ">password of fedbroker"] + rule) == "OK")
    let store = try Self.open(server, user: "fedbroker")
    defer { store.end() }
    var heard = store.changes.makeAsyncIterator()
    let generation = try Self.place(await store.take(Self.want(["h"], owner: "a"))).generation
    #expect(await heard.next() == .gap(region: Self.region))
    #expect(
      try await store.put(Self.entry("h", owner: "a", generation, expiry: 900_000, left: 1_200_000), in: Self.region)
        == .stored)
    #expect(await heard.next() == .settled(name: "h"))
    #expect(try await store.drop(FleetDrop(names: ["h"], generation: nil), in: Self.region).isLasting)
    try await store.fail(FleetCallFailure(name: "h", owner: "a", kind: .throttled), in: Self.region)
    #expect(try await store.generations(of: ["h"], in: Self.region).count == 1)
    for forbidden in [
      ["GET", "other"], ["KEYS", "*"], ["CONFIG", "GET", "*"], ["FLUSHALL"], ["ACL", "LIST"], ["MONITOR"],
    ] {
      let answer = ChildProcess.run(
        [
          "redis-cli", "-s", server.socketPath, "--no-auth-warning", "--user", "fedbroker", "--pass",
          "password of fedbroker",
        ] + forbidden)
      #expect(answer.output.contains("NOPERM"), "\(forbidden): \(answer.output)")
    }
  }

  /// The rule in the document, word by word.
  private enum Documentation {
    static func accessRule() throws -> [String] {
      let path = #filePath.replacing("Tests/FederationBrokerTests/Fleet/FleetStoreTests.swift", with: "docs/fleet.md")
      let text = ChildProcess.run(["cat", path]).output
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("valkey-cli ACL SETUSER fedbroker ") })
      return line.replacing("'", with: "").split(separator: " ").dropFirst(6).map(String.init)
    }
  }
}
