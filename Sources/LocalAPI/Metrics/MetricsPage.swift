internal import AWS
internal import Configuration
package import FederationBroker
internal import HTTPTypes
internal import LocalHTTP
internal import RefreshingCache
internal import Secrets
internal import Telemetry

/// The answer of `GET /metrics`.
package struct MetricsPage: Sendable {
  let metrics: Metrics
  let broker: Broker<TokenContent>
  /// Returns what the server says of its connections.
  let connections: @Sendable () -> Connections
  /// Returns whether the fleet's store answers; `nil` where the daemon has no fleet.
  let isStoreUp: @Sendable () -> Bool?

  /// The connections of a server.
  package struct Connections: Sendable {
    let open: Int
    /// So far.
    let rejected: Int
    /// Bytes that hold parts of requests of clients that are not known to be admitted.
    let strangersMemory: Int

    package init(open: Int, rejected: Int, strangersMemory: Int) {
      self.open = open
      self.rejected = rejected
      self.strangersMemory = strangersMemory
    }
  }

  package init(
    metrics: Metrics, broker: Broker<TokenContent>, isStoreUp: @escaping @Sendable () -> Bool? = { nil },
    connections: @escaping @Sendable () -> Connections
  ) {
    self.isStoreUp = isStoreUp
    self.metrics = metrics
    self.broker = broker
    self.connections = connections
  }

  func response(_ directory: InstanceDirectory, _ grants: Grants = .everything, isLocked: Bool = false) -> Response {
    var text = MetricsText()
    metrics.write(to: &text)
    let connections = connections()
    text.metric("fedbroker_connections", .gauge, "Connections open now.", connections.open)
    text.metric(
      "fedbroker_connections_rejected_total", .counter, "Connections turned away because too many were open.",
      connections.rejected)
    text.metric(
      "fedbroker_strangers_memory_bytes", .gauge,
      "Memory that holds parts of requests of clients that are not known to be admitted.", connections.strangersMemory)
    text.metric(
      "fedbroker_locked", .gauge, "1 while no token is given, as fedbroker lock does it; else 0.", isLocked ? 1 : 0)
    if let isUp = isStoreUp() { metrics.fleet.write(isUp: isUp, to: &text) }
    Self.writeExpiries(directory, broker.snapshot(), grants, to: &text)
    ProcessMetrics.write(to: &text)
    return Response(
      status: .ok, content: Content(mediaType: MetricsText.mediaType, bytes: Secret(text.text)))
  }

  private struct Labels: Hashable, Comparable {
    /// Empty for an instance that is not listed.
    let alias: String
    let instanceID: String

    static func < (left: Labels, right: Labels) -> Bool {
      (left.alias, left.instanceID) < (right.alias, right.instanceID)
    }
  }

  /// Writes 0 for a warm instance without a live token, so that an alert on the time left fires then too.
  ///
  /// Of several users' tokens for one instance, the one that expires first is written.
  private static func writeExpiries(
    _ directory: InstanceDirectory, _ snapshots: [TokenSnapshot], _ grants: Grants, to text: inout MetricsText
  ) {
    var unlisted = Dictionary(
      snapshots.compactMap { snapshot in snapshot.expiration.map { (snapshot.key, $0) } },
      uniquingKeysWith: { first, _ in first })
    var expiries: [Labels: Int64] = [:]
    for entry in directory.entries where grants.give(.state, instance: entry.names) {
      let expiration = entry.key.flatMap { unlisted[$0] }
      guard let expiration = expiration ?? (entry.isWarm ? 0 : nil) else { continue }
      expiries[Labels(alias: entry.alias, instanceID: entry.instanceID)] = expiration
    }
    for key in directory.entries.compactMap(\.key) { unlisted[key] = nil }
    for (key, expiration) in unlisted {
      let names = [key.instanceID] + directory.entries(named: key.instanceID).map(\.alias)
      guard grants.give(.state, instance: names, sessionName: key.identity.sessionName) else { continue }
      let labels = Labels(alias: "", instanceID: key.instanceID)
      expiries[labels] = min(expiration, expiries[labels] ?? expiration)
    }
    let name = "fedbroker_token_expiry_timestamp_seconds"
    text.begin(
      name, .gauge, "When the cached token expires, in seconds since the epoch; 0 where a warm one is missing.")
    for (labels, milliseconds) in expiries.sorted(by: { $0.key < $1.key }) {
      text.sample(
        name, [("alias", labels.alias), ("connect_instance", labels.instanceID)], Double(milliseconds) / 1000)
    }
  }
}
