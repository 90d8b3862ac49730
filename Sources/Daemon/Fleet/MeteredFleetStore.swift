internal import Clocks
internal import FederationBroker
internal import LocalAPI

/// Counts the steps of a fleet's store and measures their duration.
struct MeteredFleetStore: FleetStore {
  let store: ValkeyFleetStore
  let metrics: FleetMetrics

  var isUp: Bool { store.isUp }
  var changes: AsyncStream<FleetChange> { store.changes }

  func take(_ want: FleetWant) async throws(FleetStoreFailure) -> FleetTaken {
    try await measured(.take) { () async throws(FleetStoreFailure) in try await store.take(want) }
  }

  func put(_ entry: SealedEntry, in region: String) async throws(FleetStoreFailure) -> FleetPutOutcome {
    try await measured(.put) { () async throws(FleetStoreFailure) in try await store.put(entry, in: region) }
  }

  func fail(_ failure: FleetCallFailure, in region: String) async throws(FleetStoreFailure) {
    try await measured(.fail) { () async throws(FleetStoreFailure) in try await store.fail(failure, in: region) }
  }

  func drop(_ drop: FleetDrop, in region: String) async throws(FleetStoreFailure) -> FleetDropOutcome {
    try await measured(.drop) { () async throws(FleetStoreFailure) in try await store.drop(drop, in: region) }
  }

  func generations(of names: [String], in region: String) async throws(FleetStoreFailure) -> [String?] {
    try await measured(.generations) { () async throws(FleetStoreFailure) in
      try await store.generations(of: names, in: region)
    }
  }

  private func measured<Result>(
    _ step: FleetMetrics.Step, _ body: () async throws(FleetStoreFailure) -> Result
  ) async throws(FleetStoreFailure) -> Result {
    let start = KernelClock.monotonicNanoseconds
    do throws(FleetStoreFailure) {
      let result = try await body()
      metrics.count(step, nanoseconds: KernelClock.monotonicNanoseconds - start)
      return result
    } catch {
      metrics.count(step, failed: error.label, nanoseconds: KernelClock.monotonicNanoseconds - start)
      throw error
    }
  }
}
