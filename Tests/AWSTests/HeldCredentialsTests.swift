import Clocks
import Secrets
import Testing

@testable import AWS

struct HeldCredentialsTests {
  private let start = Moment(wall: 1_000_000_000, boot: 5000)

  private func held(for lifetime: Int64?) throws -> HeldCredentials {
    try #require(
      HeldCredentials(
        AWSCredentials(
          accessKeyID: "A", secretAccessKey: Secret("s"), expiration: lifetime.map { start.wall + $0 }, source: "test"),
        now: start))
  }

  private func after(_ milliseconds: Int64) -> Moment {
    Moment(wall: start.wall + milliseconds, boot: start.boot + milliseconds)
  }

  @Test(arguments: [
    (Int64(3_600_000), Int64(0), HeldCredentials.Use.asTheyAre), (3_600_000, 3_299_999, .asTheyAre),
    (3_600_000, 3_300_000, .whileRenewing), (3_600_000, 3_599_999, .whileRenewing),
    (3_600_000, 3_600_000, .afterRenewal), (60_000, 50_999, .asTheyAre), (60_000, 51_000, .whileRenewing),
    (43_200_000, 42_899_999, .asTheyAre), (43_200_000, 42_900_000, .whileRenewing),
  ])
  func `They are renewed 5 minutes ahead, or 15 % of a short life`(
    lifetime: Int64, age: Int64, use: HeldCredentials.Use
  ) throws {
    #expect(try held(for: lifetime).use(now: after(age)) == use)
  }

  @Test func `Without an end they are good for ever, until a file changes`() throws {
    var held = try held(for: nil)
    #expect(held.use(now: after(1 << 40)) == .asTheyAre)
    held.standing = .doubted
    #expect(held.use(now: after(0)) == .afterRenewal)
  }

  @Test func `What comes expired is not held`() {
    let credentials = AWSCredentials(
      accessKeyID: "A", secretAccessKey: Secret("s"), expiration: start.wall, source: "test")
    #expect(HeldCredentials(credentials, now: start) == nil)
  }

  @Test func `The clock that leaves less decides`() throws {
    let held = try held(for: 600_000)
    #expect(held.remaining(Moment(wall: start.wall - 9_000_000, boot: start.boot + 600_000)) == 0)
    #expect(held.remaining(Moment(wall: start.wall + 600_000, boot: start.boot)) == 0)
  }

  @Test func `After a failure a pause goes before the next attempt, and the end before the pause`() throws {
    var held = try held(for: 3_600_000)
    let failure = AWSError(.unreachable, "scripted")
    let survivesFirst = held.survives(failure, now: after(3_300_000))
    #expect(survivesFirst)
    #expect(held.use(now: after(3_329_999)) == .asTheyAre)
    #expect(held.use(now: after(3_330_000)) == .whileRenewing)
    let survivesSecond = held.survives(failure, now: after(3_599_000))
    #expect(survivesSecond)
    #expect(held.use(now: after(3_600_000)) == .afterRenewal)
    let survivesEnd = held.survives(failure, now: after(3_600_000))
    #expect(!survivesEnd)
  }

  @Test(arguments: [
    (HeldCredentials.Standing.good, AWSError.Reason.noCredentials, true), (.doubted, .noCredentials, false),
    (.doubted, .timedOut, true), (.refused, .timedOut, false), (.refused, .noCredentials, false),
  ])
  func `Whether they outlive a failure depends on why others were wanted`(
    standing: HeldCredentials.Standing, reason: AWSError.Reason, survive: Bool
  ) throws {
    var held = try held(for: 3_600_000)
    held.standing = standing
    let survived = held.survives(AWSError(reason, "scripted"), now: after(1000))
    #expect(survived == survive)
    #expect(held.standing == (survive ? .good : standing))
  }
}
