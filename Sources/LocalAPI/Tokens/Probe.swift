internal import Configuration
internal import FederationBroker
internal import HTTPTypes
internal import JSON
internal import LocalHTTP
internal import RefreshingCache
internal import Secrets

/// Answers container probes: whether the process answers, and whether every warm instance has a token.
enum Probe {
  static func health() -> Response {
    response(["status": "ok"])
  }

  /// Returns 200 where each warm instance holds a live token and it is not locked; throws 503 otherwise.
  ///
  /// - Parameter namesMissing: What the caller may know of the missing ones; `nil` names none.
  static func readiness(
    of directory: InstanceDirectory, snapshots: [TokenSnapshot], lock: LockState?, namesMissing grants: Grants?
  ) throws(Problem) -> Response {
    guard lock == nil else {
      throw Problem(.serviceUnavailable, "NotReady", Problem.locked(lock).detail, retryAfter: 5)
    }
    let live = Set(snapshots.filter { $0.state == .live || $0.state == .refreshing }.map(\.key))
    let missing = directory.entries.filter { entry in
      entry.isWarm && !(entry.key.map(live.contains) ?? false)
    }
    guard missing.isEmpty else {
      let names = missing.filter { grants?.give(.state, instance: $0.names) ?? false }.map(\.alias).joined(
        separator: ", ")
      throw Problem(
        .serviceUnavailable, "NotReady",
        !names.isEmpty ? "No live token yet for: \(names)." : "A warm instance has no live token yet.", retryAfter: 1)
    }
    return response(["status": "ready"])
  }

  /// The answer to who ended the daemon.
  static func quitting() -> Response { response(["status": "quitting"], .accepted) }

  private static func response(_ body: JSONValue, _ status: HTTPResponse.Status = .ok) -> Response {
    Response(status: status, content: Content(mediaType: "application/json", bytes: Secret(body.text)))
  }
}
