internal import JSON
internal import LocalHTTP
internal import System
internal import Timestamps

/// One line of the audit log: nothing in it is secret.
package struct AuditRecord: Sendable, Equatable {
  package enum Event: String, Sendable {
    /// A caller got a token for the first time.
    case token
    case refresh
    case forget
    case signIn = "sign-in"
    case lock
    case unlock
    case refusal
    /// The credentials of a source now belong to another caller of AWS.
    case identityChange = "identity-change"
    case start
    case reload
  }

  /// Who was at the other end.
  struct Peer: Sendable, Equatable {
    var uid: UInt32?
    var pid: Int32?
    /// The name of the process, which it chooses itself.
    var program: String?
    let transport: String
    /// The name of the bearer token.
    var bearer: String?
  }

  /// Milliseconds since the epoch.
  let time: Int64
  let event: Event
  var requestID: String?
  var peer: Peer?
  var instance: String?
  var sessionName: String?
  var userARN: String?
  /// The first 12 hexadecimal digits of the access token's SHA-256.
  var token: String?
  /// When the token ends, as RFC 3339 writes it.
  var expiry: String?
  /// `success`, `cached`, or the code of the error.
  var outcome = "success"
  /// Why a caller was refused.
  var reason: String?
  /// How many refusals the line stands for.
  var count: Int?
  /// The AWS profile of a change of identity.
  var profile: String?

  package init(time: Int64, event: Event) {
    self.time = time
    self.event = event
  }

  /// Makes the line of a profile whose credentials now belong to another caller.
  package init(identityChangeOf profile: String, at time: Int64) {
    self.init(time: time, event: .identityChange)
    self.profile = profile
  }

  /// Longer texts of callers are cut: an instance in a path may have thousands of characters.
  private static let longestText = 128

  /// The members in their order.
  ///
  /// - Parameter user: Returns the name of a user.
  func members(user: (UInt32) -> String?) -> JSONObject {
    var members: JSONObject = [
      "time": .string(Timestamp.rfc3339(milliseconds: time)), "event": .string(event.rawValue),
      "request_id": Self.text(requestID),
    ]
    if let peer {
      members["uid"] = peer.uid.map { .number(String($0)) } ?? .null
      members["user"] = Self.text(peer.uid.flatMap(user))
      members["pid"] = peer.pid.map { .number(String($0)) } ?? .null
      members["program"] = Self.text(peer.program)
      members["transport"] = .string(peer.transport)
      members["bearer"] = Self.text(peer.bearer)
    }
    members["instance"] = Self.text(instance)
    members["session_name"] = Self.text(sessionName)
    members["user_arn"] = Self.text(userARN, limit: 2048)
    members["token"] = Self.text(token)
    members["expires_at"] = Self.text(expiry)
    members["outcome"] = .string(outcome)
    if let reason { members["reason"] = .string(reason) }
    if let count { members["count"] = .number(String(count)) }
    if let profile { members["profile"] = Self.text(profile) }
    return members
  }

  private static func text(_ text: String?, limit: Int = longestText) -> JSONValue {
    text.map { .string(String(String.UnicodeScalarView($0.unicodeScalars.prefix(limit)))) } ?? .null
  }
}

extension AuditRecord.Peer {
  /// Makes what is known of a client without asking for its name.
  init(_ client: Client, _ caller: Caller) {
    uid = caller.uid
    pid = client.pid
    transport = client.transport == .tcp ? "tcp" : "unix"
    bearer = caller.token
  }

  /// Returns the same with the name of its program.
  func named() -> AuditRecord.Peer {
    var peer = self
    peer.program = pid.flatMap(ProcessName.of)
    return peer
  }
}
