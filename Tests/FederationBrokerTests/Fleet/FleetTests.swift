import Clocks
import TestSupport
import Testing

@testable import AWS
@testable import FederationBroker
@testable import RefreshingCache

/// What a fleet without a shared store does to the account's quota.
///
/// A simulation is all computing: it runs on a thread of its own, so that it keeps no other test from going on.
@Suite(.serialized)
struct FleetTests {
  /// A shift start: one warm key a daemon, all started within a minute.
  static func shiftStart(
    _ count: Int, seed: UInt64, settings: CacheSettings = CacheSettings()
  ) async throws -> (timesIdeal: Double, callsPerToken: Double) {
    try await RawClient.onThread {
      var fleet = FleetSimulation(seed: seed)
      let starts = (0..<count).map { _ in fleet.jitter.upTo(60_000) }.sorted()
      for (number, start) in starts.enumerated() {
        fleet.run(until: start)
        fleet.start(warm: [FleetSimulation.key(number)], settings: settings, lifetime: 12 * 3_600_000)
      }
      // Whoever is not served within a day never is: the ratio tells.
      while fleet.now < 24 * 3_600_000, fleet.daemons.contains(where: { $0.fetchedKeys.isEmpty }) {
        fleet.run(until: fleet.now + 1000)
      }
      return (
        Double(fleet.now) / SimulatedAccount.ideal(starts), Double(fleet.account.callCount) / Double(count)
      )
    }
  }

  @Test func `one daemon fills two hundred warm keys at the quota's pace, with no call refused and no warning`() {
    var fleet = FleetSimulation(seed: 1)
    let keys = (0..<200).map(FleetSimulation.key)
    fleet.start(warm: keys)
    fleet.run(until: 3_600_000) { $0.daemons[0].fetchedKeys.count == keys.count }
    #expect(Double(fleet.now) <= 1.05 * SimulatedAccount.ideal(Array(repeating: 0, count: 200)))
    #expect(fleet.account.calls == [.token: 200])
    #expect(fleet.daemons[0].warnings == 0)
  }

  @Test func `a request for one of two hundred warm keys does not wait for the others`() {
    var fleet = FleetSimulation(seed: 1)
    fleet.start(warm: (0..<200).map(FleetSimulation.key))
    fleet.run(until: 10_000)
    let missing = (0..<200).map(FleetSimulation.key).first { !fleet.daemons[0].fetchedKeys.contains($0) }
    guard let missing else { return }
    fleet.change(0) { $0.ask(missing, now: $1) }
    fleet.run(until: 12_000)
    #expect(fleet.daemons[0].fetchedKeys.contains(missing))
  }

  @Test(arguments: UInt64(1)...3)
  func `two hundred daemons are served within 1.35 times the ideal, at four calls a token`(seed: UInt64) async throws {
    let result = try await Self.shiftStart(200, seed: seed)
    #expect(result.timesIdeal <= 1.35, "seed \(seed)")
    #expect(result.callsPerToken <= 4, "seed \(seed)")
  }

  @Test func `a thousand daemons take about the ideal time, and ten calls a token`() async throws {
    let result = try await Self.shiftStart(1000, seed: 4)
    #expect(result.timesIdeal <= 1.15)
    #expect(result.callsPerToken <= 12)
  }

  @Test func `a hint of half the fleet spares most of the calls`() async throws {
    let settings = CacheSettings(crowdPeriod: .seconds(250))
    let result = try await Self.shiftStart(1000, seed: 5, settings: settings)
    #expect(result.timesIdeal <= 1.1)
    #expect(result.callsPerToken <= 13)
  }

  @Test func `a throttled daemon calls AWS eight times a minute at most, however often it is asked`() {
    var fleet = FleetSimulation(seed: 6)
    fleet.account = SimulatedAccount(rate: 0, burst: 0)
    let daemon = fleet.start(warm: [])
    let key = FleetSimulation.key(1)
    var retryAfters: [Int] = []
    fleet.change(daemon) { $0.ask(key, now: $1) }
    var askAt: Milliseconds = .max
    for second in 1...600 {
      fleet.run(until: Milliseconds(second) * 1000)
      if fleet.now >= askAt {
        askAt = .max
        fleet.change(daemon) { $0.ask(key, now: $1) }
      }
      fleet.change(daemon) { daemon, _ in
        for reply in daemon.takeReplies() {
          guard case .failure(.source(let error)) = reply, let seconds = error.retryAfter else {
            Issue.record("\(reply)")
            continue
          }
          retryAfters.append(seconds)
          askAt = Milliseconds(second + seconds) * 1000
        }
      }
    }
    #expect(fleet.account.callCount <= 80)
    #expect(fleet.account.callCount >= 10)
    #expect(retryAfters.allSatisfy { 1...60 ~= $0 })
  }

  @Test func `while the quota is scarce, what nobody asks for is kept fresh for half a life, and no longer`() {
    var fleet = FleetSimulation(seed: 7)
    // Others have used up the quota: the first call is throttled.
    fleet.account = SimulatedAccount(level: 0)
    let daemon = fleet.start(warm: [])
    fleet.change(daemon) { $0.ask(FleetSimulation.key(1), now: $1) }
    fleet.run(until: 60_000)
    #expect(fleet.account.calls[.throttled, default: 0] > 0)
    #expect(fleet.account.calls[.token] == 1)
    fleet.run(until: 3_000_000)
    #expect(fleet.account.calls[.token] == 1)
    #expect(!fleet.daemons[daemon].holdsLiveToken(of: FleetSimulation.key(1), now: fleet.now))
  }

  @Test(arguments: UInt64(100)..<110)
  func `whatever happens to a fleet, no caller gets a dead or foreign token, and all are served in the end`(
    seed: UInt64
  ) async throws {
    let fleet = try await RawClient.onThread { Self.troubledFleet(seed: seed) }
    #expect(fleet.daemons.flatMap(\.violations) == [], "seed \(seed)")
    for number in stride(from: 0, to: fleet.daemons.count, by: 2) {
      #expect(fleet.daemons[number].holdsLiveToken(of: FleetSimulation.key(number), now: fleet.now), "seed \(seed)")
    }
    #expect(fleet.account.callCount <= 5000, "seed \(seed)")
  }

  /// An hour of restarts, wrong clocks, an outage and impatient callers, and then 20 quiet minutes.
  ///
  /// Every second daemon has a warm key.
  private static func troubledFleet(seed: UInt64) -> FleetSimulation {
    var numbers = SeededNumbers(seed: seed)
    let outage = Milliseconds.random(in: 0..<1_200_000, using: &numbers)
    var fleet = FleetSimulation(seed: seed, outages: [outage..<outage + 120_000])
    let count = 40
    for number in 0..<count { fleet.start(warm: number % 2 == 0 ? [FleetSimulation.key(number)] : []) }
    while fleet.now < 3_600_000 {
      fleet.run(until: fleet.now + Milliseconds.random(in: 1...4000, using: &numbers))
      let number = Int.random(in: 0..<count, using: &numbers)
      let key = FleetSimulation.key(number)
      switch Int.random(in: 0..<40, using: &numbers) {
      case 0: fleet.restart(number, warm: number % 2 == 0 ? [key] : [])
      case 1:
        let error = Milliseconds.random(in: -600_000...600_000, using: &numbers)
        fleet.change(number) { daemon, _ in daemon.clockError = error }
      case 2: fleet.change(number) { $0.forget(key, now: $1) }
      default: fleet.change(number) { $0.ask(key, now: $1) }
      }
    }
    fleet.run(until: fleet.now + 1_200_000)
    return fleet
  }
}
