internal import AWS
internal import Configuration
internal import FederationBroker
internal import HTTPTypes
internal import JSON
internal import LocalHTTP
internal import RefreshingCache
internal import Secrets
internal import Telemetry
internal import Timestamps

/// The response to `GET /v1/instances`: listed instances and cached tokens with their state, as far as the caller may see
/// them; nothing secret.
enum InstanceList {
  static func response(
    directory: InstanceDirectory, snapshots: [TokenSnapshot], grants: Grants = .everything,
    userARN: (TokenKey) -> String?, signInToAWS: (TokenKey) -> IdentityCenterSignIn? = { _ in nil },
    lock: LockState? = nil
  ) -> Response {
    var signIns: [Identity: JSONValue] = [:]
    func signIn(_ key: TokenKey) -> JSONValue {
      if let known = signIns[key.identity] { return known }
      let state: JSONValue =
        signInToAWS(key).map { ["expires_in": $0.remaining().map { .number(String($0)) } ?? .null] } ?? .null
      signIns[key.identity] = state
      return state
    }
    let byKey = Dictionary(snapshots.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    var instances = directory.entries.filter { grants.give(.state, instance: $0.names) }.map { entry in
      item(
        alias: entry.alias, id: entry.instanceID, key: entry.key, isWarm: entry.isWarm, entry.key.flatMap { byKey[$0] },
        userARN, signIn)
    }
    let listed = Set(directory.entries.compactMap(\.key))
    for snapshot in snapshots.sorted(by: { $0.key.instanceID < $1.key.instanceID }) where !listed.contains(snapshot.key)
    {
      let id = snapshot.key.instanceID
      let names = [id] + directory.entries(named: id).map(\.alias)
      guard grants.give(.state, instance: names, sessionName: snapshot.key.identity.sessionName) else { continue }
      instances.append(
        item(alias: nil, id: snapshot.key.instanceID, key: snapshot.key, isWarm: false, snapshot, userARN, signIn))
    }
    let body: JSONValue = ["instances": .array(instances), "lock": lock?.json ?? .null]
    return Response(status: .ok, content: Content(mediaType: "application/json", bytes: Secret(body.text)))
  }

  private static func item(
    alias: String?, id: String, key: TokenKey?, isWarm: Bool, _ snapshot: TokenSnapshot?,
    _ userARN: (TokenKey) -> String?, _ signIn: (TokenKey) -> JSONValue
  ) -> JSONValue {
    var item: JSONObject = [
      "alias": alias.map { .string($0) } ?? .null, "id": .string(id),
      "region": key.map { .string($0.region) } ?? .null,
      "profile": key?.identity.profile.map { .string($0) } ?? .null,
      "role_arn": key?.identity.roleARN.map { .string($0) } ?? .null,
      "session_name": key?.identity.sessionName.map { .string($0) } ?? .null,
      "warm": .boolean(isWarm),
      "state": .string((snapshot?.state ?? .empty).rawValue),
      "expires_at": time(snapshot?.expiration), "last_refresh": time(snapshot?.lastRefresh),
    ]
    item["aws_sign_in"] = key.map(signIn) ?? .null
    item["user_arn"] = key.flatMap(userARN).map { .string($0) } ?? .null
    item["expires_in"] = snapshot?.remaining.map { .number(String($0)) } ?? .null
    let problem = key == nil ? InstanceDirectory.noRegion : (snapshot?.lastError).map { Problem(.source($0)) }
    item["last_error"] =
      problem.map { problem -> JSONValue in
        ["code": .string(problem.code), "detail": .string(problem.detail)]
      } ?? .null
    return .object(item)
  }

  private static func time(_ milliseconds: Int64?) -> JSONValue {
    milliseconds.map { .string(Timestamp.rfc3339(seconds: $0 / 1000)) } ?? .null
  }
}
