import Testing

@testable import LocalAPI

struct QuietRefusalsTests {
  private static func key(_ uid: UInt32?, _ denial: Denial = .access) -> QuietRefusals.Key {
    QuietRefusals.Key(caller: Caller(uid: uid, token: nil), transport: "unix", denial: denial)
  }

  private static func sample(_ id: String) -> QuietRefusals.Sample {
    QuietRefusals.Sample(requestID: id, code: "Forbidden", peer: AuditRecord.Peer(transport: "unix"))
  }

  @Test("The first refusal is reported at once, the next ones with their count each minute, and silence ends it")
  func counted() {
    let quiet = Quiet()
    #expect(quiet.note(Self.key(7), Self.sample("1"), now: 0).map(\.count) == [1])
    for number in 2...1000 { #expect(quiet.note(Self.key(7), Self.sample("\(number)"), now: Int64(number)).isEmpty) }
    #expect(quiet.nextDue == 60_000 && quiet.takeDue(now: 59_999).isEmpty)
    let reports = quiet.takeDue(now: 60_000)
    #expect(reports.map(\.count) == [999] && reports.map(\.latest.requestID) == ["1000"])
    // Still in its next minute.
    #expect(quiet.note(Self.key(7), Self.sample("x"), now: 60_001).isEmpty)
    #expect(quiet.takeDue(now: 120_000).map(\.count) == [1])
    #expect(quiet.takeDue(now: 180_000).isEmpty && quiet.nextDue == nil)
    #expect(quiet.note(Self.key(7), Self.sample("y"), now: 180_001).map(\.count) == [1])
  }

  @Test("Another caller and another reason are reported on their own")
  func apart() {
    let quiet = Quiet()
    for key in [Self.key(7), Self.key(8), Self.key(nil), Self.key(7, .token)] {
      #expect(quiet.note(key, Self.sample("1"), now: 0).map(\.key) == [key])
    }
  }

  @Test("Its size is bounded: the oldest count is reported and makes room")
  func bounded() {
    let quiet = Quiet()
    _ = quiet.note(Self.key(0), Self.sample("0"), now: 0)
    _ = quiet.note(Self.key(0), Self.sample("0"), now: 0)
    for uid in 1..<UInt32(QuietRefusals.capacity) { _ = quiet.note(Self.key(uid), Self.sample("1"), now: 1) }
    let reports = quiet.note(Self.key(9999), Self.sample("2"), now: 2)
    #expect(reports.map(\.key) == [Self.key(0), Self.key(9999)] && reports.map(\.count) == [1, 1])
    #expect(quiet.takeAll().isEmpty && quiet.nextDue == nil)
  }
}

/// Refusals that expectations can note.
private final class Quiet {
  private var refusals = QuietRefusals()
  var nextDue: Int64? { refusals.nextDue }

  func note(_ key: QuietRefusals.Key, _ sample: QuietRefusals.Sample, now: Int64) -> [QuietRefusals.Report] {
    refusals.note(key, sample, now: now)
  }

  func takeDue(now: Int64) -> [QuietRefusals.Report] { refusals.takeDue(now: now) }
  func takeAll() -> [QuietRefusals.Report] { refusals.takeAll() }
}
