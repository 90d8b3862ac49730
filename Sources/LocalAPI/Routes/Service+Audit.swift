internal import AWS
internal import Clocks
internal import Configuration
internal import FederationBroker
internal import HTTPTypes
internal import LocalHTTP
internal import Logging
internal import System

/// What callers get and do, for the audit log.
extension Service {
  /// Returns whether a caller may be given a token at once: there is no audit log, or it knows of this caller and token.
  func isOnRecord(_ content: TokenContent, _ call: Call) -> Bool {
    !call.state.isAudited || call.memo?.isRecorded(content) == true
  }

  /// Records that a caller gets a token, where it is the first time.
  ///
  /// Throws 503 where that cannot be recorded, and must be.
  func recordReceipt(of content: TokenContent, _ call: Call, _ key: TokenKey) async throws(Problem) {
    guard call.state.isAudited else { return }
    let caller = call.caller
    if call.state.audit.required {
      if !content.isKnown(to: caller) {
        try await record(.token, call, key, content)
        _ = content.noteReceiver(caller)
      }
    } else if content.noteReceiver(caller) {
      try await record(.token, call, key, content)
    }
    call.remember { $0.recorded = content.number }
  }

  /// Records what a caller did; throws 503 where that cannot be recorded, and must be.
  ///
  /// - Parameter key: The token that it concerns; `nil` for all.
  func record(
    _ event: AuditRecord.Event, _ call: Call, _ key: TokenKey? = nil, _ content: TokenContent? = nil,
    outcome: String = "success"
  ) async throws(Problem) {
    guard call.state.isAudited else { return }
    var record = AuditRecord(time: clock.now.wall, event: event)
    record.requestID = RequestID.current?.description
    record.peer = AuditRecord.Peer(call.client, call.caller).named()
    record.instance = key.map { _ in call.instance }
    record.sessionName = key?.identity.sessionName
    record.outcome = outcome
    if let token = content?.token {
      record.userARN = token.userARN
      record.token = String(Digest.hexadecimal(of: token.accessToken).prefix(12))
      record.expiry = token.accessTokenExpiration?.rfc3339
    }
    guard call.state.audit.required else { return auditLog.record(record) }
    guard await auditLog.recordNow(record) else { throw .auditUnavailable }
  }

  /// Counts and reports the refusal of a call.
  func refused(_ problem: Problem, _ id: RequestID, _ call: Call) {
    guard let denial = problem.denial else { return }
    note(denial, problem, id, call.client, call.caller, instance: call.instance)
  }

  /// Counts and reports a refusal before there is a call.
  ///
  /// Called on the connection's thread.
  ///
  /// The kernel is asked whose a TCP connection is for the audit log only.
  func refused(
    _ problem: Problem, _ id: RequestID, _ state: ServingState, _ client: Client, token: Int?, instance: String
  ) {
    guard let denial = problem.denial else { return }
    let uid = client.transport == .tcp && !state.asksWho ? nil : client.uid
    let caller = Caller(uid: uid, token: token.map { state.tokens[$0].name })
    note(denial, problem, id, client, caller, instance: instance)
  }

  private func note(
    _ denial: Denial, _ problem: Problem, _ id: RequestID, _ client: Client, _ caller: Caller, instance: String
  ) {
    metricsPage.metrics.count(denial)
    let peer = AuditRecord.Peer(client, caller)
    refusals.note(
      QuietRefusals.Key(caller: caller, transport: peer.transport, denial: denial),
      QuietRefusals.Sample(
        requestID: id.description, code: problem.code, instance: instance.isEmpty ? nil : instance, peer: peer))
  }
}

extension Problem {
  fileprivate static let auditUnavailable = Problem(
    .serviceUnavailable, "AuditUnavailable",
    "The audit log cannot be written, and nobody is answered who is not recorded: see the daemon's log.",
    retryAfter: 5, denial: .audit)
}

extension AuditRecord {
  /// Makes the line of refusals.
  init(_ report: QuietRefusals.Report, at time: Int64) {
    self.init(time: time, event: .refusal)
    requestID = report.latest.requestID
    peer = report.latest.peer.named()
    instance = report.latest.instance
    outcome = report.latest.code
    reason = report.key.denial.rawValue
    count = report.count
  }
}

extension QuietRefusals.Report {
  var metadata: Logger.Metadata {
    var metadata: Logger.Metadata = [
      "reason": "\(key.denial.rawValue)", "code": "\(latest.code)", "transport": "\(key.transport)",
      "request_id": "\(latest.requestID)", "count": "\(count)",
    ]
    metadata["uid"] = key.caller.uid.map { "\($0)" }
    metadata["bearer"] = key.caller.token.map { "\($0)" }
    metadata["pid"] = latest.peer.pid.map { "\($0)" }
    return metadata
  }
}
