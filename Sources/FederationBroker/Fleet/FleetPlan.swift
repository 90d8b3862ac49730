internal import Clocks
internal import RefreshingCache

/// Which quota of `GetFederationToken` a fleet of users needs.
///
/// Pure. No design of the daemons changes these figures: each user's token is one call, and AWS counts the calls of an
/// account and region.
package struct FleetPlan: Sendable, Equatable {
  /// Calls that AWS takes of an account in one region.
  package struct Quota: Sendable, Equatable {
    /// Calls a second.
    package let rate: Double
    /// Calls at once after a pause.
    package let burst: Int

    package init(rate: Double, burst: Int) {
      self.rate = rate
      self.burst = burst
    }

    /// What AWS gives before anybody asks
    /// (https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-service-limits.html).
    package static let published = Quota(rate: 2, burst: 5)
  }

  package let users: Int
  /// The lifetime of an access token.
  package let lifetime: Duration
  /// In which time all users shall have their first token.
  package let startTime: Duration

  package init(users: Int, lifetime: Duration, startTime: Duration) {
    self.users = users
    self.lifetime = lifetime
    self.startTime = startTime
  }

  /// Returns in which time a quota gives all users their first token.
  package func timeToServeAll(by quota: Quota) -> Duration {
    .milliseconds(Int64((Double(max(0, users - quota.burst)) / quota.rate * 1000).rounded(.up)))
  }

  /// Returns how many users' tokens a quota keeps from expiring.
  package func usersKeptFresh(by quota: Quota) -> Int {
    Int((quota.rate * secondsBetweenRefreshes).rounded(.down))
  }

  /// Calls a second that give all users their first token in `startTime`.
  package var rateForStart: Double {
    Double(max(0, users - Quota.published.burst)) / (startTime / .seconds(1))
  }

  /// Calls a second that keep all tokens from expiring.
  package var rateForRefreshes: Double { Double(users) / secondsBetweenRefreshes }

  /// The rate to ask AWS for, in whole calls a second; `nil` where the published quota suffices.
  package var rateToAskFor: Int? {
    let needed = max(rateForStart, rateForRefreshes)
    return needed <= Quota.published.rate ? nil : Int(needed.rounded(.up))
  }

  /// A token is fetched anew this long after it came.
  private var secondsBetweenRefreshes: Double {
    let lead = RefreshTiming.longestLead(lifetime: lifetime.milliseconds, isScarce: false, settings: CacheSettings())
    return Double(lifetime.milliseconds - lead) / 1000
  }
}

extension FleetPlan: CustomStringConvertible {
  /// For people, several lines.
  package var description: String {
    let published = Quota.published
    let lines = [
      "\(users) users with tokens of \(Self.text(lifetime)), all served within \(Self.text(startTime))", "",
      "The published quota, \(Self.text(published.rate)) calls a second and \(published.burst) at once:",
      "  first tokens for all after  \(Self.text(timeToServeAll(by: published)))",
      "  users kept fresh            \(usersKeptFresh(by: published))", "",
      "Needed, in calls a second:",
      "  for the first tokens        \(Self.text(rateForStart))",
      "  to keep all fresh           \(Self.text(rateForRefreshes))", "",
    ]
    return (lines + advice).joined(separator: "\n")
  }

  private var advice: [String] {
    guard let rate = rateToAskFor else { return ["The published quota suffices."] }
    return [
      "Ask AWS for \(rate) calls a second of GetFederationToken (Service Quotas, Amazon Connect; up to three weeks).",
      "Then set upstream.rate = \(rate) in each daemon.",
    ]
  }

  /// Rounded up to a tenth, so that what is shown is enough.
  private static func text(_ rate: Double) -> String {
    let tenths = Int((rate * 10).rounded(.up))
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }

  /// Such as `1h 5m`, `41m 38s`, `0s`.
  private static func text(_ duration: Duration) -> String {
    let seconds = (duration.milliseconds + 999) / 1000
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")].filter { $0.0 > 0 }
    return parts.isEmpty ? "0s" : parts.map { "\($0)\($1)" }.joined(separator: " ")
  }
}
