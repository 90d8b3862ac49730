import FederationBroker
import Testing

struct FleetPlanTests {
  private static func plan(_ users: Int, minutes: Int = 15, startMinutes: Int = 10) -> FleetPlan {
    FleetPlan(users: users, lifetime: .seconds(60 * minutes), startTime: .seconds(60 * startMinutes))
  }

  @Test(arguments: [(5000, 2498), (50_000, 24_998), (205, 100), (5, 0), (1, 0)])
  func `all users have a token when the quota has served all beyond its burst`(users: Int, halfSeconds: Int) {
    let expected = Duration.milliseconds((users > 5 ? users - 5 : 0) * 500)
    #expect(Self.plan(users).timeToServeAll(by: .published) == expected)
    #expect(Self.plan(users).timeToServeAll(by: .published) <= .seconds(halfSeconds))
  }

  @Test(arguments: [(15, 1200), (10, 800), (60, 6600)])
  func `so many users are kept fresh as refreshes fit between two of one user`(minutes: Int, users: Int) {
    #expect(Self.plan(1, minutes: minutes).usersKeptFresh(by: .published) == users)
    #expect(Self.plan(users, minutes: minutes).rateForRefreshes == 2)
    #expect(
      Self.plan(1, minutes: minutes).usersKeptFresh(by: FleetPlan.Quota(rate: 20, burst: 50)) == 10 * users)
  }

  @Test(
    arguments: [(1200, 60, nil), (1201, 60, 3), (1200, 9, 3), (5000, 10, 9), (50_000, 30, 84)] as [(Int, Int, Int?)])
  func `the rate to ask for suffices for the start and for the refreshes`(
    users: Int, startMinutes: Int, rate: Int?
  ) {
    let plan = Self.plan(users, startMinutes: startMinutes)
    #expect(plan.rateToAskFor == rate)
    let quota = rate.map { FleetPlan.Quota(rate: Double($0), burst: 5) } ?? .published
    #expect(plan.timeToServeAll(by: quota) <= plan.startTime)
    #expect(plan.usersKeptFresh(by: quota) >= users)
  }

  @Test func `the text says what the published quota does, what is needed and what to ask for`() {
    #expect(
      Self.plan(5000).description == """
        5000 users with tokens of 15m, all served within 10m

        The published quota, 2 calls a second and 5 at once:
          first tokens for all after  41m 38s
          users kept fresh            1200

        Needed, in calls a second:
          for the first tokens        8.4
          to keep all fresh           8.4

        Ask AWS for 9 calls a second of GetFederationToken (Service Quotas, Amazon Connect; up to three weeks).
        Then set upstream.rate = 9 in each daemon.
        """)
    #expect(Self.plan(300).description.hasSuffix("The published quota suffices."))
  }
}
