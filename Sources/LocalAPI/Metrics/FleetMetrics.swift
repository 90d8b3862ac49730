package import FederationBroker
internal import Synchronization
internal import Telemetry

/// The metrics of a daemon that works with a fleet.
package final class FleetMetrics: Sendable {
  /// The steps of a store.
  package enum Step: Int, CaseIterable, Sendable {
    case take, put, fail, drop, generations
  }

  private static let outcomes = ["success", "unreachable", "timeout", "refused", "malformed", "alone"]

  private let steps = CounterFamily(
    "fedbroker_fleet_store_requests_total", "Steps of the fleet's store, by outcome; alone where it was not asked.",
    labels: ["step", "outcome"],
    series: Step.allCases.flatMap { step in FleetMetrics.outcomes.map { ["\(step)", $0] } })
  private let durations = DurationHistogram(
    "fedbroker_fleet_store_request_duration_seconds", "From asking the fleet's store to its answer.",
    microseconds: [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000])
  private let fetches = CounterFamily(
    "fedbroker_fleet_fetches_total",
    "Tokens taken from the store, calls in the fleet's order, and calls without the store.", labels: ["source"],
    series: FleetEvent.Origin.allCases.map { [$0.rawValue] })
  private let waits = DurationHistogram(
    "fedbroker_fleet_slot_wait_seconds", "How far away the places for calls were in the fleet's order.",
    microseconds: [
      1_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000, 120_000_000, 300_000_000,
      600_000_000,
    ])
  private let lostLeases = CounterFamily(
    "fedbroker_fleet_lease_lost_total", "Calls that took longer than their lease, so that another was made.",
    labels: [], series: [[]])
  private let rejections = CounterFamily(
    "fedbroker_fleet_entries_rejected_total", "Entries of the store that were not used, by reason.",
    labels: ["reason"], series: FleetSeal.Rejection.allCases.map { [$0.rawValue] })
  private let pending = Atomic(0)
  private let lastWait = Atomic<Int64>(0)

  init() {}

  /// Counts a step that was done.
  package func count(_ step: Step, failed outcome: String = "success", nanoseconds: Int) {
    let column = Self.outcomes.firstIndex(of: outcome) ?? Self.outcomes.count - 1
    steps.increment(step.rawValue * Self.outcomes.count + column)
    if outcome != "alone" { durations.observe(nanoseconds: nanoseconds) }
  }

  /// Counts an event.
  package func count(_ event: FleetEvent) {
    switch event {
    case .fetched(let origin):
      if let series = FleetEvent.Origin.allCases.firstIndex(of: origin) { fetches.increment(series) }
    case .placed(let wait):
      waits.observe(nanoseconds: Int(wait) * 1_000_000)
      lastWait.store(wait, ordering: .relaxed)
    case .leaseLost: lostLeases.increment(0)
    case .rejected(_, let reason):
      if let series = FleetSeal.Rejection.allCases.firstIndex(of: reason) { rejections.increment(series) }
    case .dropsPending(let count): pending.store(count, ordering: .relaxed)
    case .unidentified: break
    }
  }

  /// Milliseconds that the last call waited for its place.
  var lastSlotWait: Int64 { lastWait.load(ordering: .relaxed) }

  func write(isUp: Bool, to text: inout MetricsText) {
    text.metric("fedbroker_fleet_store_up", .gauge, "Whether the fleet's store answers.", isUp ? 1 : 0)
    steps.write(to: &text)
    durations.write(to: &text)
    fetches.write(to: &text)
    waits.write(to: &text)
    lostLeases.write(to: &text)
    rejections.write(to: &text)
    text.metric(
      "fedbroker_fleet_drops_pending", .gauge, "Drops that no replica of the store has confirmed yet.",
      pending.load(ordering: .relaxed))
  }
}
