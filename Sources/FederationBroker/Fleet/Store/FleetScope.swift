/// Which daemons work together, and by which quota.
package struct FleetScope: Sendable, Equatable {
  /// Daemons of one name, account and region work together.
  package let name: String
  /// Twelve digits.
  package let account: String
  /// Calls a second of the account in a region, over 0.
  package let rate: Double
  /// Calls that AWS takes at once after a pause.
  package let burst: Int

  package init(name: String, account: String, rate: Double, burst: Int) {
    self.name = name
    self.account = account
    self.rate = rate
    self.burst = burst
  }

  /// What all keys of a region begin with; the braces keep them on one node of a cluster.
  func prefix(of region: String) -> String { "fb1:{\(name):\(account):\(region)}" }

  /// Milliseconds between two calls.
  var interval: Double { 1000 / rate }

  /// By how many milliseconds calls may come before their time: one fewer at once than AWS takes, since the fleet's clock
  /// and AWS's never agree to the millisecond.
  var tolerance: Double { Double(max(0, burst - 2)) * interval }

  /// By how many milliseconds the order of calls moves on once AWS has throttled one.
  var penalty: Double { 4 * interval }
}
